import { childOf, isObject, itemsOf, type Node } from '../../../api/contract/place.ts'
import type { Site } from './compile-schema.ts'
import { type Check, type Run, Seen, type Violation } from './run.ts'

/** `allOf`, `anyOf`, `oneOf`, `not`, `if`: schemas of the same value. */
export function combinations(site: Site): (Check | undefined)[] {
  const { node, schema, compile } = site
  const branches = (name: string): Node[] => itemsOf(childOf(node, name))
  const all = branches('allOf').map(compile)
  return [
    ...all,
    Array.isArray(schema['anyOf']) ? anyOf(site, branches('anyOf')) : undefined,
    Array.isArray(schema['oneOf']) ? oneOf(site, branches('oneOf')) : undefined,
    schema['not'] === undefined ? undefined : not(compile(childOf(node, 'not'))),
    schema['if'] === undefined ? undefined : conditional(site),
  ]
}

interface Tried {
  readonly holds: boolean
  readonly violations: readonly Violation[]
  readonly seen: Seen | undefined
}

function attempt(check: Check, value: unknown, at: string, run: Run, seen: Seen | undefined): Tried {
  const own = seen && new Seen()
  return { ...run.aside(() => check(value, at, run, own)), seen: own }
}

function anyOf(site: Site, nodes: readonly Node[]): Check {
  const checks = nodes.map(site.compile)
  const choose = discriminator(site, nodes)
  return (value, at, run, seen) => {
    const failed: Tried[] = []
    let holds = false
    for (const check of checks) {
      const tried = attempt(check, value, at, run, seen)
      if (!tried.holds) failed.push(tried)
      else {
        holds = true
        if (!seen) return true
        if (tried.seen) seen.add(tried.seen)
      }
    }
    return holds || noneOf(failed, value, at, run, choose)
  }
}

function oneOf(site: Site, nodes: readonly Node[]): Check {
  const checks = nodes.map(site.compile)
  const choose = discriminator(site, nodes)
  return (value, at, run, seen) => {
    const tried = checks.map((check) => attempt(check, value, at, run, seen))
    const good = tried.filter(({ holds }) => holds)
    const [first] = good
    if (!first) return noneOf(tried, value, at, run, choose)
    const chosen = good.length > 1 ? tried[choose(value) ?? -1] : first
    if (!chosen?.holds) return run.fail(at, `matches ${good.length} of the alternatives, but must match exactly one`)
    if (chosen.seen) seen?.add(chosen.seen)
    return true
  }
}

/** Says what is wrong with the alternative that was meant, as far as one can tell: the one with the least objections. */
function noneOf(
  tried: readonly Tried[],
  value: unknown,
  at: string,
  run: Run,
  choose: (value: unknown) => number | undefined,
): false {
  const named = tried[choose(value) ?? -1]
  const meant = named ?? tried.toSorted((a, b) => a.violations.length - b.violations.length)[0]
  if (!named && tried.length > 1) run.fail(at, `must match one of ${tried.length} alternatives`)
  if (meant) run.add(meant.violations)
  return false
}

/** OAS "Discriminator Object": the index of the alternative that the value itself names. */
function discriminator({ schema }: Site, nodes: readonly Node[]): (value: unknown) => number | undefined {
  const { propertyName, mapping } = isObject(schema['discriminator']) ? schema['discriminator'] : {}
  if (typeof propertyName !== 'string') return () => undefined
  const references = nodes.map(({ value }) => (isObject(value) ? String(value['$ref'] ?? '') : ''))
  const named = new Map(references.map((reference, index) => [reference.slice(reference.lastIndexOf('/') + 1), index]))
  for (const [name, target] of Object.entries(isObject(mapping) ? mapping : {})) {
    const index = references.indexOf(String(target))
    const known = index >= 0 ? index : named.get(String(target))
    if (known !== undefined) named.set(name, known)
  }
  return (value) => (isObject(value) ? named.get(String(value[propertyName])) : undefined)
}

function not(check: Check): Check {
  return (value, at, run) => {
    const { holds } = run.aside(() => check(value, at, run, undefined))
    return !holds || run.fail(at, 'is of a form that is not allowed')
  }
}

function conditional({ node, compile }: Site): Check {
  const branch = (name: string): Check => compile(childOf(node, name))
  const [condition, consequence, alternative] = [branch('if'), branch('then'), branch('else')]
  return (value, at, run, seen) => {
    const { holds, seen: own } = attempt(condition, value, at, run, seen)
    if (holds && own) seen?.add(own)
    return (holds ? consequence : alternative)(value, at, run, seen)
  }
}

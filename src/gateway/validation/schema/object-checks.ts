import { childOf, entriesOf, isObject, itemsOf, type JsonObject } from '../../../api/contract/place.ts'
import { pointerStep } from '../../../core/json-pointer.ts'
import type { Site } from './compile-schema.ts'
import { patternTest } from './pattern-test.ts'
import { readOnlyMembers } from './read-only.ts'
import type { Check, Run, Seen } from './run.ts'

type ObjectCheck = (object: JsonObject, at: string, run: Run, seen: Seen | undefined) => boolean

/** What decides on objects; `unevaluatedProperties` last, because it asks what the others have looked at. */
export function objectChecks(site: Site): (Check | undefined)[] {
  const { schema } = site
  const { minProperties, maxProperties } = schema
  const found = [
    required(site),
    typeof minProperties === 'number'
      ? sized((size) => size >= minProperties, `must have at least ${minProperties} members`)
      : undefined,
    typeof maxProperties === 'number'
      ? sized((size) => size <= maxProperties, `must have at most ${maxProperties} members`)
      : undefined,
    members(site),
    schema['propertyNames'] === undefined ? undefined : names(site),
    ...dependencies(site),
    schema['unevaluatedProperties'] === undefined ? undefined : unevaluated(site),
  ]
  return found.map((check) => check && ((value, at, run, seen) => !isObject(value) || check(value, at, run, seen)))
}

const sized =
  (test: (size: number) => boolean, detail: string): ObjectCheck =>
  (object, at, run) =>
    test(Object.keys(object).length) || run.fail(at, detail)

/** OAS "Schema Object": what is `readOnly` is never required of a request. */
function required(site: Site): ObjectCheck | undefined {
  const wanted = itemsOf(childOf(site.node, 'required')).map(({ value }) => value)
  if (wanted.length === 0) return undefined
  const isReadOnly = readOnlyMembers(site.node, site.contract)
  const needed = wanted.filter((name) => typeof name === 'string').filter((name) => !isReadOnly(name))
  if (needed.length === 0) return undefined
  return (object, at, run) => {
    let holds = true
    for (const name of needed) {
      if (!Object.hasOwn(object, name)) holds = run.fail(at + pointerStep(name), 'is required')
    }
    return holds
  }
}

function members({ node, schema, compile }: Site): ObjectCheck | undefined {
  const declared = new Map(entriesOf(childOf(node, 'properties')).map(([name, child]) => [name, compile(child)]))
  const patterns = entriesOf(childOf(node, 'patternProperties')).map(([pattern, child]) => {
    return { test: patternTest(pattern), check: compile(child) }
  })
  const rest = schema['additionalProperties']
  const others = rest === undefined ? undefined : compile(childOf(node, 'additionalProperties'))
  if (declared.size === 0 && patterns.length === 0 && !others) return undefined
  const checksOf = (name: string, run: Run): Check[] => {
    const own = declared.get(name)
    const fitting = patterns.filter(({ test }) => test(run)?.(name)).map(({ check }) => check)
    return own ? [own, ...fitting] : fitting
  }
  return (object, at, run, seen) => {
    let holds = true
    const isOpen = patterns.some(({ test }) => !test(run)) // who knows which names that pattern lets in
    for (const name of Object.keys(object)) {
      run.spend(1 + patterns.length * (1 + name.length / 8))
      const checks = checksOf(name, run)
      const where = at + pointerStep(name)
      if (checks.length > 0 || isOpen || !others) {
        // nothing more is said of it
      } else if (rest === false) holds = run.fail(where, 'is not a known member')
      else checks.push(others)
      if (checks.length > 0) seen?.members.add(name)
      for (const check of checks) if (!check(object[name], where, run, undefined)) holds = false
    }
    return holds
  }
}

function names({ node, compile }: Site): ObjectCheck {
  const check = compile(childOf(node, 'propertyNames'))
  return (object, at, run) => {
    let holds = true
    for (const name of Object.keys(object)) {
      const good = run.aside(() => check(name, `${at}${pointerStep(name)}#`, run, undefined)).holds
      if (!good) holds = run.fail(at + pointerStep(name), 'has a name that is not allowed')
    }
    return holds
  }
}

/** `dependentRequired`, `dependentSchemas`, and both under their older name. */
function dependencies({ node, compile }: Site): ObjectCheck[] {
  const written = ['dependentRequired', 'dependentSchemas', 'dependencies'].flatMap((key) =>
    entriesOf(childOf(node, key)),
  )
  return written.map(([name, dependency]): ObjectCheck => {
    if (!Array.isArray(dependency.value)) {
      const check = compile(dependency)
      return (object, at, run, seen) => !Object.hasOwn(object, name) || check(object, at, run, seen)
    }
    const needed = dependency.value.filter((other) => typeof other === 'string')
    return (object, at, run) => {
      if (!Object.hasOwn(object, name)) return true
      const missing = needed.filter((other) => !Object.hasOwn(object, other))
      for (const other of missing) run.fail(at + pointerStep(other), `is required beside ${JSON.stringify(name)}`)
      return missing.length === 0
    }
  })
}

function unevaluated({ node, schema, compile }: Site): ObjectCheck {
  const check = compile(childOf(node, 'unevaluatedProperties'))
  const closed = schema['unevaluatedProperties'] === false
  return (object, at, run, seen) => {
    let holds = true
    for (const name of Object.keys(object)) {
      if (seen?.members.has(name)) continue
      seen?.members.add(name)
      const where = at + pointerStep(name)
      if (closed) holds = run.fail(where, 'is not a known member')
      else if (!check(object[name], where, run, undefined)) holds = false
    }
    return holds
  }
}

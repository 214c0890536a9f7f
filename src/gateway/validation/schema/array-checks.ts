import { childOf, itemsOf } from '../../../api/contract/place.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Site } from './compile-schema.ts'
import type { Check, Run, Seen } from './run.ts'

type ArrayCheck = (items: readonly unknown[], at: string, run: Run, seen: Seen | undefined) => boolean

/** What decides on arrays; `unevaluatedItems` last, because it asks what the others have looked at. */
export function arrayChecks(site: Site): (Check | undefined)[] {
  const { schema } = site
  const { minItems, maxItems, uniqueItems } = schema
  const found = [
    typeof minItems === 'number'
      ? sized((length) => length >= minItems, `must have at least ${minItems} items`)
      : undefined,
    typeof maxItems === 'number'
      ? sized((length) => length <= maxItems, `must have at most ${maxItems} items`)
      : undefined,
    uniqueItems === true ? unique : undefined,
    itemCheck(site),
    schema['contains'] === undefined ? undefined : contains(site),
    schema['unevaluatedItems'] === undefined ? undefined : unevaluated(site),
  ]
  return found.map((check) => check && ((value, at, run, seen) => !Array.isArray(value) || check(value, at, run, seen)))
}

const sized =
  (test: (length: number) => boolean, detail: string): ArrayCheck =>
  (items, at, run) =>
    test(items.length) || run.fail(at, detail)

const unique: ArrayCheck = (items, at, run) => {
  const known = new Set<string>()
  for (const item of items) known.add(canonicalJson(item, run))
  return known.size === items.length || run.fail(at, 'must not have two equal items')
}

/** `prefixItems`, then `items`; an array of schemas in `items` is how drafts before 2020-12 wrote the first. */
function itemCheck({ node, schema, compile }: Site): ArrayCheck | undefined {
  const old = Array.isArray(schema['items'])
  const prefix = itemsOf(childOf(node, old ? 'items' : 'prefixItems')).map(compile)
  const restName = old ? 'additionalItems' : 'items'
  const rest = schema[restName] === undefined ? undefined : compile(childOf(node, restName))
  if (prefix.length === 0 && !rest) return undefined
  return (items, at, run, seen) => {
    let holds = true
    for (const [index, item] of items.entries()) {
      const check = prefix[index] ?? rest
      if (!check) break
      seen?.items.add(index)
      if (!check(item, `${at}/${index}`, run, undefined)) holds = false
      run.spend(1)
    }
    return holds
  }
}

function contains({ node, schema, compile }: Site): ArrayCheck {
  const check = compile(childOf(node, 'contains'))
  const least = typeof schema['minContains'] === 'number' ? schema['minContains'] : 1
  const most = typeof schema['maxContains'] === 'number' ? schema['maxContains'] : Number.POSITIVE_INFINITY
  return (items, at, run, seen) => {
    let count = 0
    for (const [index, item] of items.entries()) {
      if (!run.aside(() => check(item, `${at}/${index}`, run, undefined)).holds) continue
      count++
      seen?.items.add(index)
    }
    if (count < least) return run.fail(at, `must contain at least ${least} of the items it is asked for`)
    return count <= most || run.fail(at, `must contain at most ${most} of the items it is asked for`)
  }
}

function unevaluated({ node, compile }: Site): ArrayCheck {
  const check = compile(childOf(node, 'unevaluatedItems'))
  return (items, at, run, seen) => {
    let holds = true
    for (const [index, item] of items.entries()) {
      if (seen?.items.has(index)) continue
      seen?.items.add(index)
      if (!check(item, `${at}/${index}`, run, undefined)) holds = false
    }
    return holds
  }
}

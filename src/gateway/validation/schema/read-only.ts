import type { Contract } from '../../../api/contract/contract.ts'
import { childOf, isObject, itemsOf, type Node, rootOf } from '../../../api/contract/place.ts'

type Followed = Pick<Contract, 'version' | 'target'>

/** Parts of one schema that are looked through at most. */
const MOST_PARTS = 1_000

/**
 * OAS "Schema Object": whether a member of the objects that a schema describes is `readOnly`. Any of the schemas that hold for
 * the same object may declare the member, and any of those that hold for the member may say so: beside a `$ref` (OpenAPI
 * 3.1), behind it, in an `allOf`, and in the other parts of the `allOf` that the schema stands in.
 */
export function readOnlyMembers(schema: Node, contract: Followed): (name: string) => boolean {
  const parts = partsOf(whole(schema), contract)
  return (name) =>
    parts
      .flatMap((part) => partsOf(childOf(part, 'properties', name), contract))
      .some((part) => childOf(part, 'readOnly').value === true)
}

/** The outermost schema of which this one is a part by `allOf`. */
function whole(schema: Node): Node {
  const { source, path } = schema
  const around = (levels: number): Node => childOf(rootOf(source), ...path.slice(0, -levels))
  const isPart = path.at(-2) === 'allOf' && Array.isArray(around(1).value) // else `allOf` is the name of a member
  return isPart ? whole(around(2)) : schema
}

/** All schemas that hold for whatever this one holds for: itself, what its `$ref` leads to, and its `allOf`. */
function partsOf(schema: Node, { version, target }: Followed): readonly Node[] {
  const parts: Node[] = []
  const seen = new Set<unknown>()
  const pending = [schema]
  for (let node = pending.pop(); node && seen.size < MOST_PARTS; node = pending.pop()) {
    if (!isObject(node.value) || seen.has(node.value)) continue
    seen.add(node.value)
    const refers = typeof node.value['$ref'] === 'string'
    const behind = refers ? target(node) : undefined
    if (behind) pending.push(behind)
    if (refers && version === '3.0') continue // what stands beside it does not count
    parts.push(node)
    pending.push(...itemsOf(childOf(node, 'allOf')))
  }
  return parts
}

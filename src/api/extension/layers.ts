import type { JsonPath } from '../../core/json-pointer.ts'
import type { Place } from '../../document/diagnose.ts'
import { entriesOf, isObject, type Node } from '../../document/node.ts'

/** A setting with the place it comes from; the members of a merged object come from different places. */
export interface Layer {
  readonly value: unknown
  readonly place: Place
  /** Present when the value is an object. */
  readonly members?: ReadonlyMap<string, Layer>
}

export function layerOf(node: Node): Layer {
  const place = { source: node.source, path: node.path }
  if (!isObject(node.value)) return { value: node.value, place }
  return { value: node.value, place, members: new Map(entriesOf(node).map(([key, child]) => [key, layerOf(child)])) }
}

/** What holds when `above` is said on top of `below`: objects merge, everything else replaces, `null` removes. */
export function mergeLayers(below: Layer | undefined, above: Layer): Layer | undefined {
  if (above.value === null) return undefined
  if (!above.members) return above
  const members = new Map(below?.members)
  for (const [key, member] of above.members) {
    const merged = mergeLayers(members.get(key), member)
    if (merged) members.set(key, merged)
    else members.delete(key)
  }
  const value = Object.fromEntries([...members].map(([key, member]) => [key, member.value]))
  return { value, place: above.place, members }
}

/** Where the value at `path` comes from; where nothing stands, the nearest that contains it. */
export function placeIn(layer: Layer, path: JsonPath): Place {
  const [step, ...rest] = path
  if (step === undefined) return layer.place
  const member = layer.members?.get(String(step))
  if (member) return placeIn(member, rest)
  return { source: layer.place.source, path: [...layer.place.path, ...path] }
}

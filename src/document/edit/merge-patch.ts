import { isMap } from './layout.ts'

/** RFC 7396: what `patch` makes of `target`. Members that are null are removed; arrays and scalars replace. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch
  const members = new Map(isMap(target) ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) members.delete(key)
    else members.set(key, mergePatch(members.get(key), value))
  }
  return Object.fromEntries(members)
}

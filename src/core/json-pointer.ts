/** A path into a JSON value: object keys and array indexes. */
export type JsonPath = readonly (string | number)[]

/** RFC 6901: the pointer text of a path, `''` for the root. */
export function toPointer(path: JsonPath): string {
  return path.map(pointerStep).join('')
}

/** RFC 6901 §3: one step of a pointer, with its slash. */
export const pointerStep = (step: string | number): string =>
  `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** RFC 6901: the path that a pointer text names. A text without leading slash is the root. */
export function fromPointer(pointer: string): string[] {
  if (!pointer.startsWith('/')) return []
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The value at `path`, or undefined where it leads nowhere. Only own properties count. */
export function valueAt(root: unknown, path: JsonPath): unknown {
  let value = root
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}

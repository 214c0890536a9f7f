/** Cache directives (RFC 9111 §5.2) by lower-case name; what has no value has the empty one. */
export type Directives = ReadonlyMap<string, string>

const DIRECTIVE = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?/g
const NONE: Directives = new Map()

/** Directives of all `Cache-Control` fields. Of one that is said twice in different ways nothing is believed but the worst. */
export function directivesOf(values: readonly string[]): Directives {
  if (values.length === 0) return NONE
  const found = new Map<string, string>()
  for (const [, name = '', quoted, plain] of values.join(',').matchAll(DIRECTIVE)) {
    const key = name.toLowerCase()
    const value = quoted ?? plain ?? ''
    found.set(key, (found.get(key) ?? value) === value ? value : 'contradictory')
  }
  return found
}

/** Milliseconds of a delta-seconds directive (RFC 9111 §1.2.2); 0 for what is no number; undefined when it is not there. */
export function durationIn(directives: Directives, name: string): number | undefined {
  const value = directives.get(name)
  if (value === undefined) return undefined
  return /^\d+$/.test(value) ? Math.min(Number(value), 2 ** 31) * 1000 : 0
}

import type { MixedPattern } from './path-template.ts'

/**
 * The texts of the parameters when `segment` has the form of `pattern`; every parameter takes at least one character,
 * and as few as it can. Taking the first place of each literal never misses a match, so there is no backtracking.
 */
export function matchSegment(pattern: MixedPattern, segment: string): string[] | undefined {
  const { prefix, between, suffix } = pattern
  const end = segment.length - suffix.length
  if (end <= prefix.length || !segment.startsWith(prefix) || !segment.endsWith(suffix)) return undefined
  const values: string[] = []
  let start = prefix.length
  for (const literal of between) {
    const next = segment.indexOf(literal, start + 1)
    if (next === -1 || next + literal.length >= end) return undefined
    values.push(segment.slice(start, next))
    start = next + literal.length
  }
  values.push(segment.slice(start, end))
  return values
}

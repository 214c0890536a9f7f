import { matchSegment } from './match-segment.ts'
import type { MixedPattern } from './path-template.ts'
import { bySpecificity } from './route-tree.ts'

/** What one segment of a template accepts. */
export type Rank =
  | { readonly kind: 'literal'; readonly text: string; readonly pattern?: never }
  | { readonly kind: 'mixed'; readonly pattern: MixedPattern; readonly text?: never }
  | { readonly kind: 'parameter'; readonly text?: never; readonly pattern?: never }

export interface Overlap {
  /** The one that is tried first; none when both are the same. */
  readonly winner?: 'a' | 'b'
  /** Whether the winner accepts nothing that the other does not: its place is natural, not a tie that was broken. */
  readonly clear: boolean
  /** A text that both accept. */
  readonly example: string
}

/** How two segments overlap; undefined when no text fits both, or none is found. */
export function overlapOf(a: Rank, b: Rank): Overlap | undefined {
  if (a.kind === 'literal') return literalOverlap(a.text, b)
  if (b.kind === 'literal') {
    const overlap = literalOverlap(b.text, a)
    return overlap && { ...overlap, winner: 'b' }
  }
  if (a.kind === 'mixed' && b.kind === 'mixed') return mixedOverlap(a.pattern, b.pattern)
  if (a.kind === 'mixed') return { winner: 'a', clear: true, example: sampleOf(a.pattern) }
  if (b.kind === 'mixed') return { winner: 'b', clear: true, example: sampleOf(b.pattern) }
  return { clear: true, example: 'x' }
}

function literalOverlap(text: string, other: Rank): Overlap | undefined {
  if (other.kind === 'literal') return text === other.text ? { clear: true, example: text } : undefined
  const fits = other.kind === 'parameter' ? text !== '' : matchSegment(other.pattern, text) !== undefined
  return fits ? { winner: 'a', clear: true, example: text } : undefined
}

function mixedOverlap(a: MixedPattern, b: MixedPattern): Overlap | undefined {
  if (a.key === b.key) return { clear: true, example: sampleOf(a) }
  const example = sharedSample(a, b)
  if (example === undefined) return undefined
  const winner = bySpecificity(a, b) < 0 ? 'a' : 'b'
  return { winner, clear: winner === 'a' ? within(a, b) : within(b, a), example }
}

/** Every parameter replaced by `x`. */
const sampleOf = (pattern: MixedPattern): string => pattern.key.replaceAll('{}', 'x')

/** A text that both accept, made of the longer prefix, all literals between, and the longer suffix. */
function sharedSample(a: MixedPattern, b: MixedPattern): string | undefined {
  const prefix = a.prefix.length >= b.prefix.length ? a.prefix : b.prefix
  const suffix = a.suffix.length >= b.suffix.length ? a.suffix : b.suffix
  const middle = ['', ...a.between, ...b.between, ''].join('x')
  const samples = [`${prefix}${middle}${suffix}`, sampleOf(a), sampleOf(b)]
  return samples.find((sample) => matchSegment(a, sample) && matchSegment(b, sample))
}

/** Whether all that `inner` accepts is accepted by `outer`; said only when it is certain. */
function within(inner: MixedPattern, outer: MixedPattern): boolean {
  const around = inner.prefix.startsWith(outer.prefix) && inner.suffix.endsWith(outer.suffix)
  return around && outer.between.length === 0
}

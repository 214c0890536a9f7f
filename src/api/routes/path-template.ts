import { canonicalLiteral } from './canonical-path.ts'

/** One segment of a path template. */
export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  /** Parameters with literal text around them: `{id}.json`, `{name}:verb`, `(period='{p}')`. */
  | { readonly kind: 'mixed'; readonly names: readonly string[]; readonly pattern: MixedPattern }
  | { readonly kind: 'parameter'; readonly name: string }

/** Literal texts in turn with parameters: `before[0] {} before[1] {} … after`. */
export interface MixedPattern {
  readonly prefix: string
  /** Between the parameters; one less than there are parameters. */
  readonly between: readonly string[]
  readonly suffix: string
  /** Identity: two patterns with the same key match the same. */
  readonly key: string
  /** Characters of literal text: the longer, the more specific. */
  readonly literalLength: number
}

/** A key of `paths`, parsed for routing. */
export interface PathTemplate {
  /** As written in the document. */
  readonly text: string
  readonly segments: readonly Segment[]
  /** Identity: templates of one shape match the same paths. */
  readonly shape: string
}

/**
 * The part of a `paths` key that takes part in routing: a query or fragment written into the key is cut, and so is a
 * query expansion (`{?page}`).
 */
export function routedPart(key: string): string {
  const cut = /^(?:[^?#{]|\{(?![?#&])[^}]*\}?)*/.exec(key)
  return cut === null ? key : cut[0]
}

/** Parses a key of `paths` (OAS "Path Templating"). Total: braces that do not pair are literal text. */
export function parseTemplate(key: string): PathTemplate {
  const routed = routedPart(key)
  const segments = (routed.startsWith('/') ? routed.slice(1) : routed).split('/').map(parseSegment)
  return { text: key, segments, shape: `/${segments.map(segmentKey).join('/')}` }
}

function parseSegment(text: string): Segment {
  const pieces = text.split(/\{([^{}]*)\}/) // literal, name, literal, name, …, literal
  const literals = pieces.filter((_, index) => index % 2 === 0).map(canonicalLiteral)
  const names = pieces.filter((_, index) => index % 2 === 1)
  const [only] = names
  const prefix = literals[0] ?? ''
  if (only === undefined) return { kind: 'literal', text: prefix }
  if (names.length === 1 && literals.every((literal) => literal === '')) return { kind: 'parameter', name: only }
  return {
    kind: 'mixed',
    names,
    pattern: {
      prefix,
      between: literals.slice(1, -1),
      suffix: literals.at(-1) ?? '',
      key: literals.join('{}'),
      literalLength: literals.reduce((sum, literal) => sum + literal.length, 0),
    },
  }
}

/** Braces never stand in canonical text, so a key names one segment of one kind. */
function segmentKey(segment: Segment): string {
  if (segment.kind === 'literal') return segment.text
  return segment.kind === 'parameter' ? '{}' : segment.pattern.key
}

import { overlapOf, type Rank } from './overlap.ts'
import type { RouteConflict } from './route-conflict.ts'
import type { Leaf, RouteNode } from './route-tree.ts'

/** Bound on the work that warnings may cost while a document loads; it takes nothing from what is served. */
const MOST_COMPARISONS = 200_000

interface Pair {
  readonly a: RouteNode
  readonly b: RouteNode
  /** Which of the two has the first segment that is more specific. */
  readonly first?: 'a' | 'b'
  /** Whether a later segment says otherwise, or the two overlap without either being the more specific. */
  readonly crossed: boolean
  /** A path that leads to both. */
  readonly example: string
}

/** One way on from a node. */
type Edge = Rank & { readonly node: RouteNode }

/**
 * Pairs of templates with a method in common that some path matches both, while neither is the more specific in every
 * segment: `/a/{x}/b` and `/a/c/{y}`. Two branches of the tree are followed together, and only where they overlap.
 */
export function ambiguousPairs(root: RouteNode): RouteConflict[] {
  const conflicts: RouteConflict[] = []
  const pending: Pair[] = [{ a: root, b: root, crossed: false, example: '' }]
  let comparisons = 0
  for (let pair = pending.pop(); pair; pair = pending.pop()) {
    const conflict = conflictAt(pair)
    if (conflict) conflicts.push(conflict)
    for (const [a, b] of candidates(pair.a, pair.b)) {
      comparisons += 1
      if (comparisons > MOST_COMPARISONS) return conflicts
      const next = step(pair, a, b)
      if (next) pending.push(next)
    }
  }
  return conflicts
}

function step(pair: Pair, a: Edge, b: Edge): Pair | undefined {
  const overlap = overlapOf(a, b)
  if (!overlap) return undefined
  const { winner, clear, example } = overlap
  const first = pair.first ?? winner
  return {
    a: a.node,
    b: b.node,
    ...(first ? { first } : {}),
    crossed: pair.crossed || !clear || (winner !== undefined && winner !== first),
    example: `${pair.example}/${example}`,
  }
}

function conflictAt(pair: Pair): RouteConflict | undefined {
  const { leaf: a } = pair.a
  const { leaf: b } = pair.b
  if (!a || !b || !pair.crossed) return undefined
  const methods = sharedMethods(a, b)
  if (methods.length === 0) return undefined
  const [first, second] = pair.first === 'b' ? [b, a] : [a, b]
  return {
    kind: 'ambiguous',
    first: first.template.text,
    second: second.template.text,
    methods,
    example: pair.example,
  }
}

const sharedMethods = (a: Leaf, b: Leaf): string[] => [...a.routes.keys()].filter((method) => b.routes.has(method))

/** Pairs of edges that may overlap, each once: literals meet by look-up, so that wide tables stay cheap. */
function* candidates(a: RouteNode, b: RouteNode): Generator<readonly [Edge, Edge]> {
  for (const [text, node] of a.literals) {
    const same = b.literals.get(text)
    if (same) yield [literal(text, node), literal(text, same)]
  }
  yield* product(literalsOf(a), () => patternsOf(b))
  if (a === b) {
    const edges = [...patternsOf(a)]
    for (const [index, edge] of edges.entries()) yield* product([edge], () => edges.slice(index))
    return
  }
  yield* product(patternsOf(a), () => literalsOf(b))
  yield* product(patternsOf(a), () => patternsOf(b))
}

function* product(as: Iterable<Edge>, bs: () => Iterable<Edge>): Generator<readonly [Edge, Edge]> {
  for (const a of as) for (const b of bs()) yield [a, b]
}

const literal = (text: string, node: RouteNode): Edge => ({ kind: 'literal', text, node })

function* literalsOf(node: RouteNode): Generator<Edge> {
  for (const [text, child] of node.literals) yield literal(text, child)
}

function* patternsOf(node: RouteNode): Generator<Edge> {
  for (const { pattern, node: child } of node.mixed) yield { kind: 'mixed', pattern, node: child }
  if (node.parameter) yield { kind: 'parameter', node: node.parameter }
}

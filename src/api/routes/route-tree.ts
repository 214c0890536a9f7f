import type { Operation } from '../api.ts'
import { matchSegment } from './match-segment.ts'
import type { MixedPattern, PathTemplate, Segment } from './path-template.ts'

/** An operation that a method of a leaf leads to. */
export interface Route {
  readonly operation: Operation
  readonly template: PathTemplate
  /** Names of the parameters in the order in which they stand in the path. */
  readonly names: readonly string[]
}

/** All that templates of one shape declare: methods of colliding templates live together here. */
export interface Leaf {
  /** The template that came first. */
  readonly template: PathTemplate
  readonly routes: Map<string, Route>
  /** Operations that never match, because a template of the same shape had their method already. */
  readonly shadowed: Operation[]
}

/** A place in the tree: everything before it has matched; its edges are tried in the order of their fields. */
export interface RouteNode {
  readonly literals: Map<string, RouteNode>
  /** Longest literal text first. */
  readonly mixed: { readonly pattern: MixedPattern; readonly node: RouteNode }[]
  parameter?: RouteNode
  leaf?: Leaf
}

export const emptyNode = (): RouteNode => ({ literals: new Map(), mixed: [] })

/** The leaf of `template`, made when it is the first of its shape. */
export function leafOf(root: RouteNode, template: PathTemplate): Leaf {
  const node = template.segments.reduce(childOf, root)
  node.leaf ??= { template, routes: new Map(), shadowed: [] }
  return node.leaf
}

function childOf(node: RouteNode, segment: Segment): RouteNode {
  if (segment.kind === 'parameter') {
    node.parameter ??= emptyNode()
    return node.parameter
  }
  if (segment.kind === 'literal') {
    const child = node.literals.get(segment.text) ?? emptyNode()
    node.literals.set(segment.text, child)
    return child
  }
  return mixedChild(node.mixed, segment.pattern)
}

/** Finds the edge of `pattern` by bisection, or puts it where it belongs. */
function mixedChild(edges: RouteNode['mixed'], pattern: MixedPattern): RouteNode {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    const edge = edges[middle]
    if (edge && bySpecificity(edge.pattern, pattern) < 0) low = middle + 1
    else high = middle
  }
  const known = edges[low]
  if (known?.pattern.key === pattern.key) return known.node
  const node = emptyNode()
  edges.splice(low, 0, { pattern, node })
  return node
}

/** Longest literal text first; equal lengths in the order of their text, so that the document's order never counts. */
export function bySpecificity(a: MixedPattern, b: MixedPattern): number {
  return b.literalLength - a.literalLength || (a.key < b.key ? -1 : Number(a.key > b.key))
}

/** Texts of parameters on the way to a place, last one first: shared by the ways on from there. */
interface Taken {
  readonly value: string
  readonly before: Taken | undefined
}

/** A place that the walk has still to go on from. */
interface Step {
  readonly node: RouteNode
  readonly depth: number
  readonly taken: Taken | undefined
  /** Whether the literal edge has been followed already. */
  readonly literalDone: boolean
}

/**
 * Walks to every leaf that the segments lead to, most specific first, until `visit` returns true; `values` are the raw
 * texts of the parameters on the way. A node is entered once at most, because one way leads to it: the cost is bounded
 * by the templates that share a beginning with the path. No recursion, so a deep tree cannot exhaust the stack.
 */
export function walk(
  root: RouteNode,
  segments: readonly string[],
  visit: (leaf: Leaf, values: readonly string[]) => boolean,
): void {
  const pending: Step[] = [{ node: root, depth: 0, taken: undefined, literalDone: false }]
  for (let at = pending.pop(); at; at = pending.pop()) {
    const segment = segments[at.depth]
    if (segment === undefined) {
      if (at.node.leaf && visit(at.node.leaf, valuesOf(at.taken))) return
      continue
    }
    const literal = at.literalDone ? undefined : at.node.literals.get(segment)
    if (literal) {
      pending.push({ ...at, literalDone: true }, { ...at, node: literal, depth: at.depth + 1 })
    } else if (segment !== '') {
      pushPatterns(pending, at, segment) // a parameter takes at least one character
    }
  }
}

/** Least specific first, because the last one in is the first one out. */
function pushPatterns(pending: Step[], at: Step, segment: string): void {
  const { node, taken } = at
  const to = (child: RouteNode, values: Taken | undefined): Step => {
    return { node: child, depth: at.depth + 1, taken: values, literalDone: false }
  }
  if (node.parameter) pending.push(to(node.parameter, { value: segment, before: taken }))
  for (let index = node.mixed.length - 1; index >= 0; index--) {
    const edge = node.mixed[index]
    const found = edge && matchSegment(edge.pattern, segment)
    if (found) pending.push(to(edge.node, takenAfter(taken, found)))
  }
}

function takenAfter(taken: Taken | undefined, values: readonly string[]): Taken | undefined {
  return values.reduce<Taken | undefined>((before, value) => ({ value, before }), taken)
}

function valuesOf(taken: Taken | undefined): string[] {
  const values: string[] = []
  for (let at = taken; at; at = at.before) values.push(at.value)
  return values.reverse()
}

/** Every leaf in the order in which requests are matched, siblings of equal rank by their text. */
export function leavesInOrder(root: RouteNode): Leaf[] {
  const leaves: Leaf[] = []
  const pending = [root]
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (node.leaf) leaves.push(node.leaf)
    if (node.parameter) pending.push(node.parameter)
    for (const edge of node.mixed.toReversed()) pending.push(edge.node)
    const literals = [...node.literals].sort(([a], [b]) => (a < b ? 1 : -1))
    for (const [, child] of literals) pending.push(child)
  }
  return leaves
}

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
  const known = node.mixed.find((edge) => edge.pattern.key === segment.pattern.key)
  if (known) return known.node
  const edge = { pattern: segment.pattern, node: emptyNode() }
  node.mixed.push(edge)
  node.mixed.sort((a, b) => bySpecificity(a.pattern, b.pattern))
  return edge.node
}

/** Longest literal text first; equal lengths in the order of their text, so that the document's order never counts. */
export function bySpecificity(a: MixedPattern, b: MixedPattern): number {
  return b.literalLength - a.literalLength || (a.key < b.key ? -1 : Number(a.key > b.key))
}

/**
 * Walks to every leaf that the segments lead to, most specific first, until `visit` returns true. `values` are the raw
 * texts of the parameters on the way, valid during the visit only. A node is entered at most once in a walk, because
 * there is one way to it: the cost is bounded by the templates that share a beginning with the path.
 */
export function walk(
  node: RouteNode,
  segments: readonly string[],
  visit: (leaf: Leaf, values: readonly string[]) => boolean,
  depth = 0,
  values: string[] = [],
): boolean {
  const segment = segments[depth]
  if (segment === undefined) return node.leaf !== undefined && visit(node.leaf, values)
  const literal = node.literals.get(segment)
  if (literal && walk(literal, segments, visit, depth + 1, values)) return true
  if (segment === '') return false // a parameter takes at least one character
  for (const edge of node.mixed) {
    const found = matchSegment(edge.pattern, segment)
    if (found && walk(edge.node, segments, visit, depth + 1, [...values, ...found])) return true
  }
  if (!node.parameter) return false
  values.push(segment)
  if (walk(node.parameter, segments, visit, depth + 1, values)) return true
  values.pop()
  return false
}

/** Every leaf in the order in which requests are matched, siblings of equal rank by their text. */
export function leavesInOrder(node: RouteNode): Leaf[] {
  const literals = [...node.literals].sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
  return [
    ...(node.leaf ? [node.leaf] : []),
    ...literals.flatMap(([, child]) => leavesInOrder(child)),
    ...node.mixed.flatMap((edge) => leavesInOrder(edge.node)),
    ...(node.parameter ? leavesInOrder(node.parameter) : []),
  ]
}

import type { Operation, RouteMatch, RouteTable } from '../api.ts'
import { ambiguousPairs } from './ambiguous-pairs.ts'
import { canonicalPath, decodeOnce } from './canonical-path.ts'
import { type PathTemplate, parseTemplate } from './path-template.ts'
import type { RouteConflict } from './route-conflict.ts'
import { emptyNode, type Leaf, leafOf, leavesInOrder, type Route, type RouteNode, walk } from './route-tree.ts'

/**
 * Compiles operations into the table that requests are matched against. An operation whose path is `*` stands in for
 * whatever nothing else matches.
 *
 * Precedence does not depend on the order of the document. Segment by segment: literal, then literal with parameters
 * (longest literal text first), then parameter. A branch that ends nowhere, or in a template without the method, is left
 * for the next. Slashes count as declared. Only a path that nothing matches as it stands is tried with the trailing slash
 * added or removed, and then with repeated slashes taken as one, because many upstreams read it so: `/admin/` and `//admin`
 * do not evade what was declared for `/admin`.
 * HEAD is answered by GET where HEAD is not declared.
 */
export function buildRouteTable(operations: readonly Operation[]): {
  readonly table: RouteTable
  readonly conflicts: readonly RouteConflict[]
} {
  const fallback = operations.find((operation) => operation.path === '*')
  const root = emptyNode()
  const fixed = new Map<string, Leaf>()
  const collisions = new Map<string, Collision>()
  for (const operation of operations) {
    if (operation.path === '*') continue
    const template = parseTemplate(operation.path)
    const leaf = leafOf(root, template)
    addRoute(leaf, operation, template, collisions)
    if (template.segments.every((segment) => segment.kind === 'literal')) fixed.set(template.shape, leaf)
  }
  const ordered = leavesInOrder(root).flatMap((leaf) => [
    ...[...leaf.routes.values()].map((route) => route.operation),
    ...leaf.shadowed,
  ])
  return {
    table: { operations: ordered, match: matcher(root, fixed, fallback) },
    conflicts: [...collisions.values(), ...ambiguousPairs(root)],
  }
}

type Collision = RouteConflict & { readonly kind: 'collision'; readonly dropped: string[] }

function addRoute(leaf: Leaf, operation: Operation, template: PathTemplate, collisions: Map<string, Collision>): void {
  const method = operation.method.toUpperCase()
  const taken = leaf.routes.has(method)
  if (template.text !== leaf.template.text || taken) {
    const known = collisions.get(template.text)
    const collision = known ?? { kind: 'collision', kept: leaf.template.text, other: template.text, dropped: [] }
    if (taken) collision.dropped.push(method)
    collisions.set(template.text, collision)
  }
  if (taken) leaf.shadowed.push(operation)
  else leaf.routes.set(method, { operation, template, names: parameterNames(template) })
}

function parameterNames(template: PathTemplate): string[] {
  return template.segments.flatMap((segment) => {
    if (segment.kind === 'literal') return []
    return segment.kind === 'parameter' ? [segment.name] : segment.names
  })
}

const NOT_FOUND: RouteMatch = { kind: 'notFound' }
const NO_PARAMETERS: Readonly<Record<string, string>> = Object.freeze({})

function matcher(root: RouteNode, fixed: ReadonlyMap<string, Leaf>, fallback: Operation | undefined) {
  const undeclared: RouteMatch | undefined = fallback && {
    kind: 'operation',
    operation: fallback,
    parameters: NO_PARAMETERS,
  }
  return (method: string, path: string): RouteMatch => {
    const canonical = canonicalPath(path === '' ? '/' : path)
    const allow = new Set<string>()
    const search = (text: string) => find(root, fixed, method, text, allow)
    const found = search(canonical) ?? search(otherSlash(canonical)) ?? searchMerged(canonical, search) ?? undeclared
    if (found) return found
    return allow.size === 0 ? NOT_FOUND : { kind: 'methodNotAllowed', allow: [...allow].sort() }
  }
}

/** The same path with the trailing slash removed, or added where there is none. */
function otherSlash(path: string): string {
  return path.endsWith('/') && path !== '/' ? path.slice(0, -1) : `${path}/`
}

function searchMerged(path: string, search: (text: string) => RouteMatch | undefined): RouteMatch | undefined {
  if (!path.includes('//')) return undefined
  const merged = path.replace(/\/{2,}/g, '/')
  return search(merged) ?? search(otherSlash(merged))
}

/** Adds to `allow` what templates that match the path, but not the method, would have allowed. */
function find(
  root: RouteNode,
  fixed: ReadonlyMap<string, Leaf>,
  method: string,
  path: string,
  allow: Set<string>,
): RouteMatch | undefined {
  const exact = fixed.get(path) // nothing is more specific than a template of literals alone
  const direct = exact && routeFor(exact, method)
  if (direct) return { kind: 'operation', operation: direct.operation, parameters: NO_PARAMETERS }
  if (!path.startsWith('/')) return undefined
  let match: RouteMatch | undefined
  walk(root, path.slice(1).split('/'), (leaf, values) => {
    const route = routeFor(leaf, method)
    if (route) match = { kind: 'operation', operation: route.operation, parameters: named(route.names, values) }
    else for (const allowed of allowedBy(leaf)) allow.add(allowed)
    return route !== undefined
  })
  return match
}

const routeFor = (leaf: Leaf, method: string): Route | undefined =>
  leaf.routes.get(method) ?? (method === 'HEAD' ? leaf.routes.get('GET') : undefined)

const allowedBy = (leaf: Leaf): string[] =>
  leaf.routes.has('GET') ? [...leaf.routes.keys(), 'HEAD'] : [...leaf.routes.keys()]

/** Names come from the document: `fromEntries` makes even `__proto__` a plain property. */
function named(names: readonly string[], values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name, index) => [name, decodeOnce(values[index] ?? '')]))
}

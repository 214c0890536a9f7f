import { childOf, entriesOf, isObject, type Node } from './node.ts'

export const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const
export type Method = (typeof METHODS)[number]

/** One operation as the document declares it. */
export interface DeclaredOperation {
  /** Upper case. */
  readonly method: string
  /** Key of `paths` as written. */
  readonly path: string
  /** Its path item; two when the document's own refers to another, the document's own last. */
  readonly pathItems: readonly Node[]
  readonly node: Node
}

/**
 * Operations in document order. A path item that is a `$ref` has the operations of what it leads to; where it also has
 * its own, these win.
 */
export function declaredOperations(root: Node, follow: (node: Node) => Node | undefined): DeclaredOperation[] {
  const found: DeclaredOperation[] = []
  for (const [path, item] of entriesOf(childOf(root, 'paths'))) {
    if (path.startsWith('x-') || !isObject(item.value)) continue
    const target = Object.hasOwn(item.value, '$ref') ? follow(item) : undefined
    const pathItems = target ? [target, item] : [item]
    for (const method of METHODS) {
      const holder = pathItems.findLast((candidate) => isObject(childOf(candidate, method).value))
      if (holder) found.push({ method: method.toUpperCase(), path, pathItems, node: childOf(holder, method) })
    }
  }
  return found
}

import { toPointer } from '../../core/json-pointer.ts'
import type { ApiDocument } from '../load-document.ts'
import { isObject, type JsonObject, type Node, rootOf } from '../node.ts'
import { refOf } from '../references.ts'

/** Where the parts of other files stand in a document that was made whole. */
export const PARTS = 'x-parts'

/**
 * The document as one value that refers to nothing outside of itself: what other files held stands under
 * `components.x-parts`, and what stands beside a `$ref` stays there. A document that is whole already comes out as it is.
 */
export function bundledDocument(document: ApiDocument): JsonObject {
  const root = rootOf(document.root.source)
  if (!isObject(root.value) || document.sources.length === 1) return isObject(root.value) ? root.value : {}
  const parts = new Map<string, { readonly name: string; value: unknown }>()
  const rewrite = (node: Node): unknown => {
    const value = mapMembers(node, rewrite)
    // What stands beside a `$ref` counts as well: operations and policies of a path item, keywords of a schema.
    return refOf(node) === undefined ? value : { ...(value as JsonObject), $ref: referred(node) }
  }
  /** One step only: what it leads to may be a `$ref` again, with siblings of its own. */
  const referred = (node: Node): string | undefined => {
    const target = document.target(node)
    if (!target || target.source === root.source) return inRoot(node, target)
    const key = `${target.source.file}#${toPointer(target.path)}`
    const known = parts.get(key)
    if (known) return refTo(known.name)
    const part = { name: freshName(target, parts.size), value: undefined as unknown }
    parts.set(key, part) // before it is looked into: it may refer to itself
    part.value = rewrite(target)
    return refTo(part.name)
  }
  const whole = rewrite(root) as JsonObject
  const components = isObject(whole['components']) ? whole['components'] : {}
  const added = Object.fromEntries([...parts.values()].map(({ name, value }) => [name, value]))
  return { ...whole, components: { ...components, [PARTS]: added } }
}

const refTo = (name: string): string => `#/components/${PARTS}/${name}`

/** What refers back to the document needs no file name any more. What leads nowhere stays as it was written. */
function inRoot(node: Node, target: Node | undefined): string | undefined {
  const written = refOf(node)
  const isPlain = node.source === target?.source && written?.startsWith('#') === true
  return !target || isPlain ? written : `#${toPointer(target.path).replaceAll('%', '%25')}`
}

function freshName({ source, path }: Node, count: number): string {
  const last = String(path.at(-1) ?? source.file.replace(/^.*\/|\.[^.]*$/g, ''))
  return `${last.replaceAll(/[^\w.-]/g, '-')}-${count + 1}`
}

function mapMembers(node: Node, change: (member: Node) => unknown): unknown {
  const { value, source, path } = node
  if (Array.isArray(value))
    return value.map((item: unknown, index) => change({ value: item, source, path: [...path, index] }))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, change({ value: member, source, path: [...path, key] })]),
  )
}

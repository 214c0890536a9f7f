import { PARTS } from '../../document/export/bundle.ts'
import { isObject, type JsonObject } from '../../document/node.ts'
import { parseReference } from '../../document/reference.ts'

/** Components that may hold operations, which callers see as far as something that they see refers to them. */
const GROUPS = [PARTS, 'pathItems']

/** The document without path items and parts of other files that nothing in it refers to. */
export function withUsedComponents(document: JsonObject): JsonObject {
  const { components, ...rest } = document
  if (!isObject(components)) return document
  const others = Object.entries(components).filter(([group]) => !GROUPS.includes(group))
  const used = usedNames([rest, others], components)
  const kept = GROUPS.flatMap((group) => {
    const held = Object.entries(membersOf(components, group)).filter(([name]) => used.has(keyOf(group, name)))
    return held.length > 0 ? [[group, Object.fromEntries(held)] as const] : []
  })
  const all = Object.fromEntries([...others, ...kept])
  return Object.keys(all).length > 0 ? { ...rest, components: all } : rest
}

const keyOf = (group: string, name: string): string => `${group}/${name}`

function membersOf(components: JsonObject, group: string): JsonObject {
  const members = components[group]
  return isObject(members) ? members : {}
}

/** What is referred to, directly or by what is referred to. */
function usedNames(starts: readonly unknown[], components: JsonObject): ReadonlySet<string> {
  const used = new Set<string>()
  const pending: unknown[] = [...starts]
  while (pending.length > 0) {
    const value = pending.pop()
    if (typeof value !== 'object' || value === null) continue
    for (const member of Object.values(value)) pending.push(member)
    const [group, name] = isObject(value) ? componentOf(value['$ref']) : []
    if (group === undefined || name === undefined || used.has(keyOf(group, name))) continue
    used.add(keyOf(group, name))
    pending.push(membersOf(components, group)[name])
  }
  return used
}

/** Group and name of the component that the text of a `$ref` leads to, or into. */
function componentOf(text: unknown): readonly (string | undefined)[] {
  const reference = typeof text === 'string' ? parseReference(text, '') : undefined
  const path = reference?.kind === 'local' ? reference.path : []
  return path[0] === 'components' && GROUPS.includes(path[1] ?? '') ? [path[1], path[2]] : []
}

import { editText } from '../edit/edit-text.ts'
import { jsonLayout } from '../edit/json-layout.ts'
import type { LayoutMember } from '../edit/layout.ts'
import { applySplices, lineStart } from '../edit/splice.ts'
import { yamlLayout } from '../edit/yaml-layout.ts'
import { isObject } from '../node.ts'
import { readSource } from '../read-source.ts'

/**
 * The text `to` with the root member `name` as it is written in `from`, comments included; undefined when the two are not
 * written in the same way. The result still has to be read.
 */
export function transplantMember(from: string, to: string, name: string): string | undefined {
  const [giver, taker] = [readSource('from', from).source, readSource('to', to).source]
  if (!giver || !taker || giver.format !== taker.format || !isObject(taker.value)) return undefined
  const layout = giver.format === 'json' ? jsonLayout : yamlLayout
  const given = layout(giver.text)
  const graft = given.root.members().find((member) => member.name === name)
  const prepared = editText(taker.text, { ...taker.value, [name]: null })
  if (!graft || !prepared.ok) return undefined
  const taken = layout(prepared.value)
  const place = taken.root.members().find((member) => member.name === name)
  if (!place || taken.root.flow !== given.root.flow) return undefined
  const start = giver.format === 'yaml' ? commentsAbove(giver.text, graft) : graft.start
  const written = giver.text.slice(start, graft.end).replaceAll('\r\n', '\n').replaceAll('\n', taken.eol)
  return applySplices(prepared.value, [{ start: place.start, end: place.end, text: written }])
}

/** Where the comment lines begin that stand directly above a member. */
function commentsAbove(text: string, { start }: LayoutMember): number {
  let at = lineStart(text, start)
  while (at > 0) {
    const above = lineStart(text, at - 1)
    if (!/^#/.test(text.slice(above, at))) break
    at = above
  }
  return at
}

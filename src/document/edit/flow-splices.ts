import type { Layout, LayoutMember, LayoutNode } from './layout.ts'
import type { MemberEdit } from './member-edit.ts'
import { indentAt, lineEnd, lineStart, nextLine, opensLine, type Splice } from './splice.ts'

/** Removes and adds members between brackets. At least one member stays. */
export function flowSplices(layout: Layout, node: LayoutNode, edit: MemberEdit): Splice[] {
  const members = node.members()
  const lastStays = members.findLastIndex((_, index) => !edit.removed.has(index))
  const replaced = lastStays < members.length - 1 && edit.added.length > 0 && edit.at >= members.length
  return [
    ...removals(layout, node, edit, replaced),
    ...(edit.added.length === 0 ? [] : additions(layout, node, edit, replaced ? lastStays + 1 : edit.at)),
  ]
}

/** When members at the end give way to new ones, their own commas go on separating. */
function removals(layout: Layout, node: LayoutNode, { removed }: MemberEdit, replaced: boolean): Splice[] {
  const members = node.members()
  const lastStays = members.findLastIndex((_, index) => !removed.has(index))
  const splices: Splice[] = []
  for (const index of removed) {
    const member = members[index]
    if (!member || (replaced && index > lastStays)) continue
    const after = endWithComma(layout, member.end, members[index + 1]?.start ?? node.end)
    const own = ownLines(layout, member, after)
    const next = members[index + 1]
    if (own) splices.push({ ...own, text: '' })
    else if (next) splices.push({ start: member.start, end: next.start, text: '' })
    else splices.push({ start: members[index - 1]?.end ?? member.start, end: member.end, text: '' })
  }
  const [last, gone] = [members[lastStays], members[lastStays + 1]]
  if (last && gone && !replaced) {
    const comma = commaAt(layout, last.end, gone.start)
    const isTrailing = commaAt(layout, members.at(-1)?.end ?? 0, node.end) !== undefined
    if (comma !== undefined && !isTrailing) splices.push({ start: comma, end: comma + 1, text: '' })
    if (!ownLines(layout, gone, endWithComma(layout, gone.end, members[lastStays + 2]?.start ?? node.end))) {
      splices.push({ start: last.end, end: members.at(-1)?.end ?? gone.end, text: '' })
    }
  }
  return splices
}

/** The lines of a member, if it shares them with nothing but its comma and a comment. */
function ownLines({ text, style }: Layout, member: LayoutMember, after: number) {
  if (!opensLine(text, member.start)) return undefined
  const rest = text.slice(after, lineEnd(text, after)).trim()
  if (rest !== '' && rest.search(style.comment) !== 0) return undefined
  return { start: lineStart(text, member.start), end: nextLine(text, after) }
}

function additions(layout: Layout, node: LayoutNode, edit: MemberEdit, at: number): Splice[] {
  const { text, eol, style } = layout
  const members = node.members()
  const [first] = members
  const lines = first !== undefined && text.slice(node.start, first.start).includes('\n')
  const indent = first ? indentAt(text, first.start) : ''
  const entries = edit.added.map(({ key, value }) => {
    const written = style.flowValue(value, lines).replaceAll('\n', eol + indent)
    return key === undefined ? written : style.flowKey(key) + written
  })
  const gap = lines ? eol + indent : style.spaced ? ' ' : ''
  const next = members[at]
  const isReplaced = next !== undefined && edit.at >= members.length
  if (next && isReplaced) {
    return [{ start: next.start, end: members.at(-1)?.end ?? next.end, text: entries.join(`,${gap}`) }]
  }
  if (next) return [{ start: next.start, end: next.start, text: entries.map((entry) => `${entry},${gap}`).join('') }]
  const last = members.at(-1)
  if (!last) return []
  const comma = commaAt(layout, last.end, node.end)
  const end = lines
    ? endOfRemark(layout, comma === undefined ? last.end : comma + 1, node.end)
    : (comma ?? last.end - 1) + 1
  const isTrailing = comma !== undefined
  const added = isTrailing ? `${gap}${entries.join(`,${gap}`)},` : `${gap}${entries.join(`,${gap}`)}`
  if (isTrailing) return [{ start: end, end, text: added }]
  if (end === last.end) return [{ start: end, end, text: `,${added}` }]
  return [
    { start: last.end, end: last.end, text: ',' },
    { start: end, end, text: added },
  ]
}

/** The offset of the first comma between two others that stands in no comment. */
function commaAt({ text, style }: Layout, from: number, until: number): number | undefined {
  let at = from
  while (at < until) {
    const rest = text.slice(at, Math.min(until, lineEnd(text, at)))
    const comment = rest.search(style.comment)
    const block = rest.indexOf('/*')
    const comma = rest.indexOf(',')
    if (comma >= 0 && (comment < 0 || comma < comment) && (block < 0 || comma < block)) return at + comma
    const close = block >= 0 && (comment < 0 || block < comment) ? text.indexOf('*/', at + block + 2) : -1
    at = close >= 0 ? close + 2 : nextLine(text, at)
  }
  return undefined
}

function endWithComma(layout: Layout, end: number, until: number): number {
  const comma = commaAt(layout, end, until)
  return comma === undefined ? end : comma + 1
}

/** After the comment that follows on the same line, if there is one. */
function endOfRemark({ text, style }: Layout, at: number, until: number): number {
  const end = Math.min(lineEnd(text, at), until)
  return text.slice(at, end).trimStart().search(style.comment) === 0 ? end : at
}

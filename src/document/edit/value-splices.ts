import { equalJson } from '../../core/equal-json.ts'
import { blockSplices, columnOf, indented } from './block-splices.ts'
import { flowSplices } from './flow-splices.ts'
import { isMap, type Layout, type LayoutMember, type LayoutNode } from './layout.ts'
import { arrayEdit, objectEdit } from './member-edit.ts'
import { indentAt, lineEnd, type Splice } from './splice.ts'

/** Where a value stands: below a key or as an item of a block, or between brackets. */
export type Holder = { readonly member: LayoutMember; readonly of: LayoutNode } | undefined

/** The splices that make the value `before`, written at `node`, the value `after`. As few and as small as can be. */
export function valueSplices(
  layout: Layout,
  node: LayoutNode,
  before: unknown,
  after: unknown,
  holder: Holder,
): Splice[] {
  if (equalJson(before, after) || (node.kind === 'alias' && !layout.unshare)) return []
  return memberSplices(layout, node, before, after) ?? replacement(layout, node, after, holder)
}

/** Undefined when the members cannot be told apart, or none would stay: then the whole is replaced. */
function memberSplices(layout: Layout, node: LayoutNode, before: unknown, after: unknown): Splice[] | undefined {
  const members = node.members()
  const edit =
    node.kind === 'map' && isMap(before) && isMap(after)
      ? objectEdit(names(members), before, after, layout.unshare)
      : node.kind === 'seq' && Array.isArray(before) && Array.isArray(after)
        ? arrayEdit(before, after)
        : undefined
  if (!edit || edit.removed.size === members.length) return undefined
  const inside = edit.kept.flatMap(({ index, before, after }) => {
    const member = members[index]
    return member ? valueSplices(layout, member.value, before, after, { member, of: node }) : []
  })
  const renamed = [...edit.renamed].flatMap(([index, key]) => {
    const member = members[index]
    return member ? [{ start: member.start, end: member.keyEnd, text: keyText(layout, key) }] : []
  })
  const changed = node.flow ? flowSplices(layout, node, edit) : blockSplices(layout, node, edit)
  const rescued = changed.flatMap(({ start, end }) => (start === end ? [] : layout.rescue(start, end)))
  return [...inside, ...renamed, ...changed, ...rescued]
}

const names = (members: readonly LayoutMember[]): string[] => members.map(({ name }) => name)

/** A key without the colon that follows it. */
const keyText = ({ style }: Layout, key: string): string => style.flowKey(key).replace(/: ?$/, '')

/** Puts a value in the place of another, whatever both are. */
function replacement(layout: Layout, node: LayoutNode, after: unknown, holder: Holder): Splice[] {
  const rescued = layout.rescue(node.start, node.end)
  const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null
  const inFlow = layout.root.flow || holder?.of.flow === true
  if (node.kind === 'scalar' && node.end > node.start && isPlain(after) && node.quote !== 'block') {
    const text = layout.style.scalar(after, node.quote, inFlow)
    if (text !== undefined) return [{ start: node.start, end: node.end, text }]
  }
  if (inFlow || !holder) {
    const lines = layout.root.flow && layout.text.includes('\n')
    const indent = indentAt(layout.text, node.start)
    const text = layout.style.flowValue(after, lines).replaceAll('\n', layout.eol + indent)
    // An empty value of a key without colon, `{ a }`, gets one; after a colon, a blank is needed.
    const lead = node.end > node.start ? '' : /:$/.test(layout.text.slice(0, node.start)) ? ' ' : ': '
    return [{ start: node.start, end: node.end, text: lead + text }, ...rescued]
  }
  return [blockReplacement(layout, holder, after), ...layout.rescue(holder.member.keyEnd, node.end)]
}

/** From the colon (or dash) on, everything is written anew; only a comment on that line stays. */
function blockReplacement(layout: Layout, { member, of }: NonNullable<Holder>, after: unknown): Splice {
  const { text, eol, style } = layout
  const indent = ' '.repeat(columnOf(text, member.start))
  const isItem = of.kind === 'seq'
  const start = isItem ? member.start : member.keyEnd
  const written = isItem ? style.blockItem(after) : style.blockPair('k', after).replace(/^k/, '')
  const remark = remarkAfter(text, isItem ? start + 1 : text.indexOf(':', start) + 1, member.end)
  const [first = '', ...rest] = indented(written, '\n', indent).split('\n')
  return { start, end: member.end, text: [first + remark, ...rest].join(eol) }
}

/** A comment between a key and a value that begins on a later line. */
function remarkAfter(text: string, from: number, until: number): string {
  const end = lineEnd(text, from)
  if (end >= until) return ''
  return /^\s*(?:[&!]\S+\s*)*(#.*)$/.exec(text.slice(from, end))?.[1]?.replace(/^/, ' ') ?? ''
}

import { jsonOffsets, membersOf, skipBlank } from '../json-offsets.ts'
import type { Layout, LayoutMember, LayoutNode, Style } from './layout.ts'
import { indentAt } from './splice.ts'

/** How a JSON text (comments and trailing commas allowed) is written. The text is known to parse. */
export function jsonLayout(text: string): Layout {
  const { start, end } = jsonOffsets(text)([])
  const root = nodeAt(text, start, end)
  return {
    text,
    root,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
    style: styleOf(text, root),
    unshare: false,
    rescue: () => [],
  }
}

function nodeAt(text: string, start: number, end: number): LayoutNode {
  const kind = text[start] === '{' ? 'map' : text[start] === '[' ? 'seq' : 'scalar'
  return {
    kind,
    flow: true,
    start,
    end,
    ...(kind === 'scalar' && text[start] === '"' ? { quote: 'double' as const } : {}),
    members: () =>
      [...membersOf(text, start)].map(([name, at]): LayoutMember => {
        const keyEnd = kind === 'map' ? at.keyEnd : at.start
        return { name, start: at.keyStart, keyEnd, end: at.end, value: nodeAt(text, at.start, at.end) }
      }),
  }
}

function styleOf(text: string, root: LayoutNode): Style {
  const [first] = root.members()
  const spaced = first ? /\s/.test(text.charAt(skipBlank(text, first.keyEnd) + 1)) : true
  const unit = (first && indentAt(text, first.start)) || '  '
  return {
    unit,
    spaced,
    comment: /\/\//,
    flowValue: (value, lines) => (lines ? JSON.stringify(value, null, unit) : inOneLine(value, spaced)),
    flowKey: (key) => `${JSON.stringify(key)}:${spaced ? ' ' : ''}`,
    blockPair: (key, value) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
    blockItem: (value) => JSON.stringify(value),
    scalar: (value) => JSON.stringify(value),
  }
}

/** `{ "a": 1, "b": [1, 2] }`, or without any blanks. */
function inOneLine(value: unknown, spaced: boolean): string {
  if (!spaced || typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item) => inOneLine(item, true)).join(', ')}]`
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${inOneLine(member, true)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

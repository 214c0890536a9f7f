import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  visit,
} from 'yaml'
import type { Layout, LayoutMember, LayoutNode } from './layout.ts'
import type { Splice } from './splice.ts'
import { yamlStyle } from './yaml-style.ts'

/** How a YAML text is written. The text is known to parse without errors. */
export function yamlLayout(text: string): Layout {
  const document = parseDocument(text, {
    merge: true,
    prettyErrors: false,
    logLevel: 'error',
    uniqueKeys: false,
    keepSourceTokens: true,
    intAsBigInt: true, // copies keep the digits of integers beyond 2^53
  })
  const style = yamlStyle(text)
  const copy = (alias: Alias): string => style.flowValue(alias.resolve(document)?.toJS(document), false)
  const aliases = aliasesOf(document)
  return {
    text,
    root: nodeOf(text, document.contents, 0),
    eol: text.includes('\r\n') ? '\r\n' : '\n',
    style,
    unshare: false,
    rescue: (start, end) => aliases.flatMap((found) => rescued(found, start, end, copy)),
  }
}

interface FoundAlias {
  readonly alias: Alias
  readonly start: number
  readonly end: number
  /** Where what it stands for is written. */
  readonly origin: number
}

function aliasesOf(document: Document.Parsed): FoundAlias[] {
  const found: FoundAlias[] = []
  visit(document, {
    Alias(_, alias) {
      const origin = alias.resolve(document)?.range?.[0]
      if (alias.range && origin !== undefined) found.push({ alias, start: alias.range[0], end: alias.range[1], origin })
    },
  })
  return found
}

function rescued(found: FoundAlias, start: number, end: number, copy: (alias: Alias) => string): Splice[] {
  const isInside = (at: number): boolean => at >= start && at < end
  if (!isInside(found.origin) || isInside(found.start)) return []
  return [{ start: found.start, end: found.end, text: copy(found.alias) }]
}

/** `fallback` is where an empty value would stand. */
function nodeOf(text: string, node: unknown, fallback: number): LayoutNode {
  if (isAlias(node)) return leaf('alias', node.range?.[0] ?? fallback, node.range?.[1] ?? fallback)
  if (isCollection(node)) {
    const members = membersOf(text, node)
    const start = node.range?.[0] ?? fallback
    const flow = node.flow === true
    const end = flow ? (node.range?.[1] ?? fallback) : (members.at(-1)?.end ?? start)
    return { kind: isMap(node) ? 'map' : 'seq', flow, start, end, members: () => members }
  }
  if (!isScalar(node)) return leaf('scalar', fallback, fallback)
  const [start = fallback, end = fallback] = node.range ?? []
  if (node.type !== 'BLOCK_LITERAL' && node.type !== 'BLOCK_FOLDED')
    return leaf('scalar', start, end, quoteOf(node.type))
  return leaf('scalar', start, start + text.slice(start, end).replace(/\r?\n$/, '').length, 'block')
}

const quoteOf = (type: unknown): LayoutNode['quote'] =>
  type === 'QUOTE_SINGLE' ? 'single' : type === 'QUOTE_DOUBLE' ? 'double' : 'plain'

const leaf = (kind: 'scalar' | 'alias', start: number, end: number, quote?: LayoutNode['quote']): LayoutNode => ({
  kind,
  flow: false,
  start,
  end,
  ...(quote ? { quote } : {}),
  members: () => [],
})

function membersOf(text: string, node: unknown): readonly LayoutMember[] {
  if (isMap(node)) return node.items.flatMap((pair) => pairOf(text, pair as Pair))
  if (!isSeq(node)) return []
  const token = node.srcToken?.type === 'block-seq' ? node.srcToken : undefined
  return node.items.map((item, index) => {
    const dash = token?.items[index]?.start.find(({ type }) => type === 'seq-item-ind')?.offset
    const range = isCollection(item) || isScalar(item) || isAlias(item) ? item.range : undefined
    const start = dash ?? range?.[0] ?? 0
    const value = nodeOf(text, item, start + 1)
    return {
      name: String(index),
      start,
      keyEnd: start,
      end: Math.max(value.end, dash === undefined ? start : dash + 1),
      value,
    }
  })
}

/** Merge keys are no members: what they bring is written elsewhere. */
function pairOf(text: string, { key, value }: Pair): LayoutMember[] {
  if (!isScalar(key) || typeof key.value === 'symbol' || !key.range) return []
  const [start, keyEnd] = key.range
  const colon = /^[ \t\r\n]*:/.exec(text.slice(keyEnd, keyEnd + 1000))?.[0].length
  const afterColon = keyEnd + (colon ?? 0)
  const node = nodeOf(text, value, afterColon)
  return [{ name: nameOf(key.value), start, keyEnd, end: Math.max(node.end, afterColon), value: node }]
}

/** As the value of the text has it. */
const nameOf = (key: unknown): string => String(typeof key === 'bigint' ? Number(key) : key)

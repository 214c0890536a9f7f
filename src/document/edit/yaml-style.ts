import { Document, Scalar, stringify, type ToStringOptions } from 'yaml'
import type { LayoutNode, Style } from './layout.ts'

/** How values are written in a YAML text, as far as possible as the text itself does it. */
export function yamlStyle(text: string): Style {
  const options = optionsOf(text)
  const unit = ' '.repeat(options.indent)
  const block = (value: unknown): string => stringify(value, { ...CREATE, ...options }).replace(/\n$/, '')
  const flowScalar = (value: unknown): string => flowText(value, options)
  return {
    unit,
    spaced: true,
    comment: /#/,
    flowValue: (value) => inFlow(value, flowScalar),
    flowKey: (key) => `${flowScalar(key)}: `,
    blockPair: (key, value) => block({ [key]: value }),
    blockItem: (value) => block([value]),
    scalar(value, quote, flow) {
      if (typeof value === 'string' && /[\n\r]/.test(value)) return undefined
      if (typeof value !== 'string') return flow ? flowScalar(value) : block({ k: value }).slice(3)
      if (flow && quote !== 'plain')
        return quote === 'single' ? `'${value.replaceAll("'", "''")}'` : JSON.stringify(value)
      return flow ? flowScalar(value) : quoted(value, quote, options)
    },
  }
}

/** Readers of YAML 1.1 take `no`, `on` or `1:30` for something else: such texts get quotes. */
const CREATE = { version: '1.2', compat: 'yaml-1.1', aliasDuplicateObjects: false } as const

type Options = ToStringOptions & { readonly indent: number }

/** The habits of a text: its indentation, its quotes, and whether lists are indented below their keys. */
function optionsOf(text: string): Options {
  const indent = Number(/^(?:[^\s#-].*:)[ \t]*(?:#.*)?\r?\n( +)[^\s#-]/m.exec(text)?.[1]?.length ?? 2)
  const single = (text.match(/: '/g) ?? []).length
  const double = (text.match(/: "/g) ?? []).length
  const isFlush = /^( *)[^\s#-][^\n]*:[ \t]*\r?\n\1- /m.test(text)
  return {
    indent: Math.min(Math.max(indent, 1), 8),
    lineWidth: 0,
    minContentWidth: 0,
    singleQuote: single >= double && single > 0 ? true : null,
    indentSeq: !isFlush,
  }
}

function quoted(value: string, quote: LayoutNode['quote'], options: Options): string {
  const scalar = new Scalar(value)
  scalar.type = quote === 'single' ? 'QUOTE_SINGLE' : quote === 'double' ? 'QUOTE_DOUBLE' : 'PLAIN'
  const document = new Document({ k: scalar }, { version: '1.2', compat: 'yaml-1.1' })
  return document.toString(options).slice(3).replace(/\n$/, '')
}

/** Between brackets more characters need quotes. */
function flowText(value: unknown, options: Options): string {
  if (typeof value === 'string' && /[\n\r]/.test(value)) return JSON.stringify(value)
  if (typeof value === 'string' && value.length > 40) return JSON.stringify(value) // longer ones would be folded
  const text = stringify([value], { ...CREATE, ...options, collectionStyle: 'flow' })
  return text.trim().slice(1, -1).trim()
}

function inFlow(value: unknown, scalar: (value: unknown) => string): string {
  if (typeof value !== 'object' || value === null) return scalar(value)
  if (Array.isArray(value)) return `[${value.map((item) => inFlow(item, scalar)).join(', ')}]`
  const members = Object.entries(value).map(([key, member]) => `${scalar(key)}: ${inFlow(member, scalar)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

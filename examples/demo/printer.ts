import { STATUS_CODES } from 'node:http'

/** Prints a conversation so that people can follow it. */
export interface Printer {
  chapter(title: string, text?: string): void
  request(method: string, url: string, headers: Headers, body?: string): void
  response(status: number, headers: Headers, body: string): void
  verdict(ok: boolean, text: string): void
  line(text?: string): void
}

const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const

export function printerTo(write: (text: string) => void, colours: boolean): Printer {
  const paint = (colour: keyof typeof COLOURS, text: string): string =>
    colours ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text
  const line = (text = ''): void => write(`${text}\n`)
  const indented = (text: string): void => line(`      ${text}`)
  let chapters = 0
  return {
    line,
    chapter(title, text) {
      chapters += 1
      line()
      line(paint('bold', `${chapters}. ${title}`))
      if (text) line(paint('dim', wrap(text)))
    },
    request(method, url, headers, body) {
      const { origin, pathname, searchParams } = new URL(url)
      line()
      line(`   ${paint('cyan', `→ ${method}`)} ${origin}${pathname}`)
      for (const [name, value] of searchParams) indented(`${paint('dim', '?')} ${name}=${value}`)
      for (const name of SHOWN.request) if (headers.has(name)) indented(`${name}: ${headers.get(name)}`)
      if (body) for (const text of bodyLines(headers, body)) indented(text)
    },
    response(status, headers, body) {
      const colour = status < 300 ? 'green' : status < 400 ? 'yellow' : 'red'
      line(`   ${paint(colour, `← ${status} ${STATUS_CODES[status] ?? ''}`)}`)
      for (const name of SHOWN.response) if (headers.has(name)) indented(`${name}: ${shownValue(name, headers)}`)
      for (const [name, value] of locationOf(headers)) indented(`   ${paint('dim', '?')} ${name}=${value}`)
      for (const text of bodyLines(headers, body)) indented(text)
    },
    verdict(ok, text) {
      line(`   ${ok ? paint('green', `✓ ${text}`) : paint('red', `✗ NOT AS EXPECTED: ${text}`)}`)
    },
  }
}

/** Headers that matter to the story. */
const SHOWN = {
  request: ['authorization', 'content-type', 'x-authenticated-userid'],
  response: ['www-authenticate', 'cache-control', 'retry-after', 'location'],
}

/** Parameters of a redirect stand on lines of their own, as those of a request do. */
const shownValue = (name: string, headers: Headers): string => {
  const value = headers.get(name) ?? ''
  return shortened(name === 'location' ? (value.split('?')[0] ?? '') : value)
}

const locationOf = (headers: Headers): URLSearchParams => new URLSearchParams(headers.get('location')?.split('?')[1])

const WIDTH = 100
const MOST_LINES = 20

function bodyLines(headers: Headers, body: string): readonly string[] {
  if (body === '') return []
  const type = headers.get('content-type') ?? ''
  if (type.includes('html')) return [`(page: ${/<title>([^<]*)/.exec(body)?.[1] ?? 'untitled'})`]
  if (type.includes('x-www-form-urlencoded'))
    return [...new URLSearchParams(body)].map(([name, value]) => `${name}=${value}`)
  const lines = (type.includes('json') ? prettyJson(body) : body.trimEnd()).split('\n')
  const shown = lines.slice(0, MOST_LINES).map((line) => shortened(line))
  return lines.length > MOST_LINES ? [...shown, `… ${lines.length - MOST_LINES} more lines`] : shown
}

function prettyJson(body: string): string {
  try {
    return layOut(JSON.parse(body), '')
  } catch {
    return body // said to be JSON, but is not: show it as it is
  }
}

/** On one line where it fits, else one member or element on each. */
function layOut(value: unknown, indent: string): string {
  const short = JSON.stringify(value)
  if (typeof value !== 'object' || value === null || indent.length + short.length <= WIDTH) return short
  const inner = `${indent}  `
  const parts = Array.isArray(value)
    ? value.map((one) => layOut(one, inner))
    : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${layOut(one, inner)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`
}

const shortened = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text)

function wrap(text: string): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`   ${word}`)
  }
  return lines.join('\n')
}

/** A golden conversation: what is served, what is said, and what is answered. */
export interface Scenario {
  readonly title: string
  /** File name → text, with placeholders. */
  readonly documents: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
}

export type Step =
  | { readonly kind: 'exchange'; readonly line: number; readonly request: Message; readonly expected: Message }
  /** A notification with these members arrives. */
  | { readonly kind: 'notified'; readonly line: number; readonly body: string }
  /** The WebSocket that was opened last is closed, with this code and reason. */
  | { readonly kind: 'closed'; readonly line: number; readonly how: string }
  /** The clock moves on. */
  | { readonly kind: 'wait'; readonly line: number; readonly duration: string }

export interface Message {
  /** `POST <gateway>/path`, or a status. */
  readonly start: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

/**
 * Reads a scenario file. Its first line is the title; then come documents (`document NAME`, indented text), and steps that
 * begin with a method and a URL; the answer begins with `=>` and a status. The method `WEBSOCKET` opens a WebSocket, sends the
 * body as a message and takes the next message for the answer. Lines with `#` in front are remarks.
 */
export function parseScenario(text: string): Scenario {
  const lines = text.split('\n').map((content, index) => ({ content, line: index + 1 }))
  const title = lines[0]?.content.trim() ?? ''
  const documents: Record<string, string> = {}
  const steps: Step[] = []
  for (const block of blocksOf(lines.slice(1))) {
    const first = block[0]
    if (!first) continue
    const [word = '', argument = ''] = first.content.split(' ')
    const rest = block.slice(1).map(({ content }) => content)
    if (word === 'document') documents[argument] = rest.map((line) => line.replace(/^ {2}/, '')).join('\n')
    else if (word === 'notified') steps.push({ kind: 'notified', line: first.line, body: rest.join('\n') })
    else if (word === 'closed') steps.push({ kind: 'closed', line: first.line, how: first.content.slice(7).trim() })
    else if (word === 'wait') steps.push({ kind: 'wait', line: first.line, duration: argument })
    else steps.push(exchange(block, first.line))
  }
  return { title, documents, steps }
}

interface Line {
  readonly content: string
  readonly line: number
}

const BEGINS = /^(?:document|notified|closed|wait|WEBSOCKET|GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) ?/

function blocksOf(lines: readonly Line[]): readonly (readonly Line[])[] {
  const blocks: Line[][] = []
  for (const line of lines) {
    if (line.content.startsWith('#')) continue
    if (BEGINS.test(line.content)) blocks.push([line])
    else blocks.at(-1)?.push(line)
  }
  return blocks
}

function exchange(block: readonly Line[], line: number): Step {
  const contents = block.map(({ content }) => content)
  const answerAt = contents.findIndex((content) => content.startsWith('=>'))
  if (answerAt < 0) throw new Error(`line ${line}: a request without an answer`)
  const expected = message(contents.slice(answerAt))
  return {
    kind: 'exchange',
    line,
    request: message(contents.slice(0, answerAt)),
    expected: { ...expected, start: expected.start.slice(2).trim() },
  }
}

/** A start line, headers up to an empty line, and a body. */
function message(lines: readonly string[]): Message {
  const [start = '', ...rest] = lines
  const empty = rest.findIndex((line) => line.trim() === '')
  const head = empty < 0 ? rest : rest.slice(0, empty)
  const headers = head.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  return {
    start: start.trim(),
    headers,
    body:
      empty < 0
        ? ''
        : rest
            .slice(empty + 1)
            .join('\n')
            .trim(),
  }
}

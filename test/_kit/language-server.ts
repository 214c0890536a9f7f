import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ExecutionContext } from 'ava'

type Message = Readonly<Record<string, unknown>>

/** An editor's side of a language server (Language Server Protocol 3.17 over standard input and output). */
export interface LanguageServer {
  request(method: string, params: object): Promise<unknown>
  notify(method: string, params: object): void
  /** The next notification of that method that `fits`. */
  received(method: string, fits?: (params: Message) => boolean): Promise<Message>
}

/** Starts `yaml-language-server` for one test, as an editor does that is told nothing but where the file lies. */
export async function yamlLanguageServer(t: ExecutionContext, settings: object = {}): Promise<LanguageServer> {
  const home = dirname(createRequire(import.meta.url).resolve('yaml-language-server/package.json'))
  const child = spawn(process.execPath, [join(home, 'bin/yaml-language-server'), '--stdio'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  t.teardown(() => child.kill())
  const answers = new Map<number, (result: unknown) => void>()
  const listeners = new Set<(message: Message) => void>()
  const send = (message: object): void => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message })
    child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }
  let count = 0
  readMessages(child.stdout, (message) => {
    const { id, method } = message
    if (typeof id === 'number' && method === undefined) answers.get(id)?.(message['result'])
    else if (id !== undefined) send({ id, result: answerTo(message, settings) })
    else for (const listener of listeners) listener(message)
  })
  const server: LanguageServer = {
    notify: (method, params) => send({ method, params }),
    request: (method, params) => {
      const id = ++count
      return new Promise((resolve) => {
        answers.set(id, resolve)
        send({ id, method, params })
      })
    },
    received: (method, fits = () => true) =>
      new Promise((resolve) => {
        const listener = (message: Message): void => {
          const params = (message['params'] ?? {}) as Message
          if (message['method'] !== method || !fits(params)) return
          listeners.delete(listener)
          resolve(params)
        }
        listeners.add(listener)
      }),
  }
  const capabilities = {
    textDocument: { hover: { contentFormat: ['markdown'] }, completion: {} },
    workspace: { configuration: true },
  }
  await server.request('initialize', { processId: process.pid, rootUri: null, capabilities })
  server.notify('initialized', {})
  return server
}

/** What the server asks of its editor. */
function answerTo({ method, params }: Message, settings: object): unknown {
  if (method !== 'workspace/configuration') return null
  const items = ((params as { items?: readonly { section?: string }[] }).items ?? []).map(({ section }) => section)
  return items.map((section) =>
    section === 'yaml' ? { completion: true, hover: true, validate: true, ...settings } : {},
  )
}

function readMessages(stream: NodeJS.ReadableStream, take: (message: Message) => void): void {
  let pending = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    for (;;) {
      const head = pending.indexOf('\r\n\r\n')
      const length = Number(/Content-Length: (\d+)/i.exec(pending.toString('latin1', 0, Math.max(0, head)))?.[1])
      if (head < 0 || pending.length < head + 4 + length) return
      take(JSON.parse(pending.toString('utf8', head + 4, head + 4 + length)) as Message)
      pending = pending.subarray(head + 4 + length)
    }
  })
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseArgs } from 'node:util'
import { jsonObject, readBody, sendJson } from '../body.ts'
import { closeOnSignal, isProgram, type Listening, type ListenOptions, listen } from '../listen.ts'
import { verifySignature } from './signature.ts'

/** A notification that arrived, was verified, and had not been seen before. */
export interface Received {
  readonly id: string
  /** Seconds since the epoch, of the attempt that was accepted first. */
  readonly timestamp: number
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly rawBody: string
  readonly body: Readonly<Record<string, unknown>>
  /** How often it arrived. */
  deliveries: number
}

export interface ReceiverOptions extends ListenOptions {
  /** The secret that the API's document names as `notifications.sharedSecret`. */
  readonly secret: string
  /** Status to answer a verified delivery with, instead of 204: for trying out retries. `attempt` counts from 1. */
  readonly answer?: (delivery: { readonly id: string; readonly attempt: number }) => number
  readonly onReceived?: (notification: Received) => void
  readonly onRefused?: (reason: string) => void
}

export interface Receiver extends Listening {
  readonly received: readonly Received[]
  /** Reasons why deliveries were refused. */
  readonly refused: readonly string[]
  /** Resolves with the first notification that satisfies `predicate`, present or to come; rejects after `timeout` ms. */
  waitFor(predicate: (notification: Received) => boolean, timeout?: number): Promise<Received>
}

interface State {
  readonly options: ReceiverOptions
  readonly received: Received[]
  readonly refused: string[]
  /** Verified deliveries so far, by id, accepted or not. */
  readonly attempts: Map<string, number>
  readonly waiting: Set<() => void>
}

const LIMIT = { body: 1_000_000, kept: 1000 }

/** Receives token notifications: verifies, drops duplicates, remembers the last thousand and shows them at `/received`. */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const state: State = { options, received: [], refused: [], attempts: new Map(), waiting: new Set() }
  const server = await listen((request, response) => {
    const handled = request.method === 'POST' ? receive(state, request, response) : show(state, request, response)
    Promise.resolve(handled).catch(() => response.destroy())
  }, options)
  return {
    ...server,
    received: state.received,
    refused: state.refused,
    waitFor: (predicate, timeout = 5000) => waitFor(state, predicate, timeout),
  }
}

async function receive(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const raw = await readBody(request, LIMIT.body)
  if (!raw) return sendJson(response, 413, { error: 'too large' })
  const verdict = verifySignature(request.headers, raw, state.options.secret, Date.now())
  const body = verdict.ok ? jsonObject(raw.toString()) : undefined
  if (!verdict.ok || !body) {
    const reason = verdict.ok ? 'the body is not a JSON object' : verdict.reason
    keep(state.refused, reason)
    state.options.onRefused?.(reason)
    return sendJson(response, verdict.ok ? 400 : 401, { error: reason })
  }
  const attempt = (state.attempts.get(verdict.id) ?? 0) + 1
  state.attempts.set(verdict.id, attempt)
  if (state.attempts.size > LIMIT.kept * 2) state.attempts.delete([...state.attempts.keys()][0] ?? '')
  const status = state.options.answer?.({ id: verdict.id, attempt }) ?? 204
  if (status < 300) {
    const { headers, url } = request
    const { id, timestamp } = verdict
    accept(state, { id, timestamp, path: url ?? '/', headers, rawBody: raw.toString(), body, deliveries: 1 })
  }
  response.writeHead(status).end()
}

/** Remembers a notification once: the same id again is the same notification. */
function accept(state: State, notification: Received): void {
  const known = state.received.find(({ id }) => id === notification.id)
  if (known) {
    known.deliveries += 1
    return
  }
  keep(state.received, notification)
  state.options.onReceived?.(notification)
  for (const wake of [...state.waiting]) wake()
}

function keep<T>(list: T[], item: T): void {
  list.push(item)
  if (list.length > LIMIT.kept) list.shift()
}

function show(state: State, request: IncomingMessage, response: ServerResponse): void {
  if (request.url !== '/received') {
    sendJson(response, 404, { error: 'POST a notification, or GET /received' })
    return
  }
  const received = state.received.map(({ id, timestamp, deliveries, body }) => ({ id, timestamp, deliveries, body }))
  sendJson(response, 200, { received, refused: state.refused })
}

function waitFor(state: State, predicate: (one: Received) => boolean, timeout: number): Promise<Received> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = state.received.find(predicate)
      if (!found) return
      end()
      resolve(found)
    }
    const timer = setTimeout(() => {
      end()
      reject(new Error(`no such notification within ${timeout} ms; ${state.received.length} others arrived`))
    }, timeout)
    const end = (): void => {
      clearTimeout(timer)
      state.waiting.delete(look)
    }
    state.waiting.add(look)
    look()
  })
}

if (isProgram(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '3002' },
      secret: { type: 'string', default: 'step-on-shared-secret' },
    },
  })
  const receiver = await startReceiver({
    port: Number(values.port),
    secret: values.secret,
    onReceived: ({ id, body }) => console.log(`${id}: ${JSON.stringify(body)}`),
    onRefused: (reason) => console.log(`refused: ${reason}`),
  })
  closeOnSignal(() => receiver.close())
  console.log(`Notifications are received at ${receiver.url} and shown at ${receiver.url}/received`)
}

import type { ExecutionContext } from 'ava'
import { startReceiver } from '../../examples/receiver/main.ts'
import { parseDuration } from '../../src/core/duration.ts'
import { type HandClock, handClock } from '../_kit/clock.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { startOidcServer } from '../_kit/oidc-server.ts'
import { PATIENCE } from '../_kit/until.ts'
import { startUpstream, type Upstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'
import { fill, matchJson, matchText, type Values } from './placeholders.ts'
import { converse, type PlayedSocket, startEcho } from './play-websocket.ts'
import type { Message, Scenario, Step } from './scenario-text.ts'

interface Stage {
  readonly t: ExecutionContext
  readonly values: Values
  readonly upstream: Upstream
  readonly clock: HandClock | undefined
  readonly notified: (body: unknown) => Promise<boolean>
  /** WebSockets in the order in which they were opened. */
  readonly sockets: PlayedSocket[]
}

/** Plays a scenario against a real gateway, an upstream that echoes its request headers, and a receiver. */
export async function play(t: ExecutionContext, scenario: Scenario): Promise<void> {
  const upstream = await forTest(t, startUpstream())
  upstream.answer((request, response) => {
    request.resume()
    const { method, url, headers } = request
    response.setHeader('content-type', 'application/json')
    request.on('end', () => response.end(JSON.stringify({ method, path: url, headers })))
  })
  const receiver = await forTest(t, startReceiver({ secret: 'oauth-shared-secret' }))
  const values: Values = new Map([
    ['upstream', upstream.url],
    ['receiver', receiver.url],
  ])
  const wanted = Object.values(scenario.documents).join('\n')
  if (wanted.includes('<websocket_upstream>')) values.set('websocket_upstream', (await forTest(t, startEcho())).url)
  if (wanted.includes('<token_server>')) {
    const { tokenUrl } = await forTest(t, startOidcServer())
    values.set('token_server', tokenUrl)
  }
  const documents = Object.entries(scenario.documents).map(([name, text]) => [name, fill(text, values)])
  const needsClock = scenario.steps.some(({ kind }) => kind === 'wait')
  const clock = needsClock ? handClock() : undefined
  const gateway = await gatewayFor(t, { documents: Object.fromEntries(documents), ...(clock && { deps: { clock } }) })
  values.set('gateway', gateway.url).set('admin', gateway.adminUrl).set('admin_secret', gateway.adminSecret)
  const notified = async (body: unknown): Promise<boolean> => {
    const found = await receiver.waitFor((one) => matchJson(body, one.body, new Map(values)), PATIENCE)
    return matchJson(body, found.body, values)
  }
  const sockets: PlayedSocket[] = []
  t.teardown(() => sockets.forEach((socket) => void socket.close()))
  for (const step of scenario.steps) await playStep({ t, values, upstream, clock, notified, sockets }, step)
}

async function playStep(stage: Stage, step: Step): Promise<void> {
  const { t, values, clock } = stage
  if (step.kind === 'wait') await clock?.advance(parseDuration(step.duration) ?? 0)
  else if (step.kind === 'notified') t.true(await stage.notified(JSON.parse(step.body)), `line ${step.line}: notified`)
  else if (step.kind === 'closed') t.is(await stage.sockets.at(-1)?.closed, step.how, `line ${step.line}: closed`)
  else {
    const { status, headers, text } = await send(step.request, values, stage.sockets)
    const place = `line ${step.line}: ${step.request.start}\nanswered ${status} ${text}`
    t.is(String(status), step.expected.start, place)
    for (const [name, pattern] of step.expected.headers) {
      const actual = headers.get(name)
      const ok = pattern === '<absent>' ? actual === null : matchText(pattern, actual ?? '', values)
      t.true(ok, `${place}\n${name}: ${actual}\nis not   ${pattern}`)
    }
    if (step.expected.body !== '')
      t.true(matchBody(step.expected.body, text, values), `${place}\nis not ${step.expected.body}`)
  }
}

async function send(message: Message, values: Values, sockets: PlayedSocket[]) {
  const [method = '', target = ''] = message.start.split(' ')
  // Base addresses are taken as they are; everything captured is encoded where it goes.
  const base = /^<[a-z_]+>/.exec(target)?.[0] ?? ''
  const url = fill(base, values) + fill(target.slice(base.length), values, encodeURIComponent)
  const headers = new Headers()
  for (const [name, value] of message.headers) headers.append(name, basicOrPlain(fill(value, values)))
  const isForm = headers.get('content-type')?.includes('x-www-form-urlencoded')
  const body = isForm
    ? fill(message.body.replace(/\n\s*/g, ''), values, encodeURIComponent)
    : fill(message.body, values)
  if (method === 'WEBSOCKET') return converse(url, headers, body, sockets)
  const response = await fetch(url, { method, headers, body: body === '' ? null : body, redirect: 'manual' })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** `Basic id:secret` is written in clear in a scenario. */
function basicOrPlain(value: string): string {
  const [, id, secret] = /^Basic ([^:]+):(.+)$/.exec(value) ?? []
  if (id === undefined || secret === undefined) return value
  return `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`
}

function matchBody(expected: string, actual: string, values: Values): boolean {
  if (!/^[{[]/.test(expected)) return matchText(expected, actual.trim(), values)
  try {
    return matchJson(JSON.parse(expected), JSON.parse(actual), values)
  } catch {
    return false // one of them is no JSON: the message of the assertion shows both
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseArgs } from 'node:util'
import { jsonObject, readBody, sendJson } from '../body.ts'
import { closeOnSignal, isProgram, type Listening, type ListenOptions, listen } from '../listen.ts'
import { liveSteps } from './live.ts'
import { daysOf, parseDay, sampleWalkers, totalOf, type Walker } from './steps.ts'

/** What the upstream saw of a request. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
}

export interface StepOnOptions extends ListenOptions {
  /** Milliseconds between two events of the live feed. */
  readonly liveInterval?: number
  readonly onRequest?: (request: SeenRequest) => void
}

interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  /** Whom the gateway says it is. */
  readonly user: string
  readonly walkers: Map<string, Walker>
  readonly liveInterval: number
}

type Handler = (call: Call) => void | Promise<void>

/**
 * Step On, where people keep their step counts: a service without any idea of tokens. It trusts its gateway, which
 * names the user in `X-Authenticated-Userid`, so in real life nobody else may reach it.
 */
export function startStepOn(options: StepOnOptions = {}): Promise<Listening> {
  const walkers = sampleWalkers()
  const liveInterval = options.liveInterval ?? 1000
  return listen((request, response) => {
    options.onRequest?.({ method: request.method ?? '', path: request.url ?? '', headers: request.headers })
    const url = new URL(request.url ?? '/', 'http://step-on')
    const user = String(request.headers['x-authenticated-userid'] ?? '')
    const handler = handlerFor(request.method ?? 'GET', url.pathname)
    Promise.resolve(handler({ request, response, url, user, walkers, liveInterval })).catch(() => response.destroy())
  }, options)
}

function handlerFor(method: string, path: string): Handler {
  if (path === '/echo' || path.startsWith('/echo/')) return echo
  return handlers[`${method === 'HEAD' ? 'GET' : method} ${path}`] ?? notFound
}

const notFound: Handler = ({ response, url }) => sendJson(response, 404, { error: `nothing at ${url.pathname}` })

/** Lets in only requests that a user stands behind. */
function forUser(handler: (call: Call, walker: Walker | undefined) => void | Promise<void>): Handler {
  return (call) => {
    if (call.user !== '') return handler(call, call.walkers.get(call.user))
    sendJson(call.response, 401, { error: 'no user: this service expects a gateway in front of it' })
  }
}

const handlers: Readonly<Record<string, Handler>> = {
  'GET /stepcounts': forUser(({ response, url, user }, walker) => {
    const days = daysOf(walker, url.searchParams.get('from'), url.searchParams.get('to'))
    sendJson(response, 200, { user, days })
  }),
  'POST /stepcounts': forUser(addDay),
  'GET /stepcounts/live': forUser(({ request, response, url, user, liveInterval }) => {
    const limit = Math.min(Math.max(Math.trunc(Number(url.searchParams.get('limit') ?? 60)) || 60, 1), 3600)
    liveSteps(request, response, user, { interval: liveInterval, limit })
  }),
  'GET /profile': forUser(({ response, user }, walker) => sendJson(response, 200, { user, ...walker?.profile })),
  'GET /biometrics': forUser(({ response, user }, walker) => sendJson(response, 200, { user, ...walker?.biometrics })),
  'GET /statistics': ({ response, walkers }) => {
    const totals = [...walkers.values()].map(totalOf)
    const total = totals.reduce((sum, count) => sum + count, 0)
    sendJson(response, 200, { members: walkers.size, total, average: Math.round(total / walkers.size) })
  },
  'GET /about': ({ response }) => sendJson(response, 200, { service: 'Step On', what: 'counts steps' }),
  'GET /slow': ({ response, url }) => {
    const seconds = Math.min(Math.max(Number(url.searchParams.get('seconds') ?? 5) || 0, 0), 120)
    const timer = setTimeout(() => sendJson(response, 200, { waited: seconds }), seconds * 1000)
    response.once('close', () => clearTimeout(timer))
  },
  'GET /failing': ({ request, response, url }) => {
    if (url.searchParams.get('how') === 'disconnect') request.socket.destroy()
    else sendJson(response, 503, { error: 'this endpoint always fails' }, { 'retry-after': '1' })
  },
}

async function addDay({ request, response, user, walkers }: Call, walker: Walker | undefined): Promise<void> {
  const body = await readBody(request, 10_000)
  const day = body && parseDay(jsonObject(body.toString()))
  if (!day) return sendJson(response, 422, { error: 'expected {"date": "YYYY-MM-DD", "count": 0…200000}' })
  const target = walker ?? { profile: { name: user, since: day.date }, biometrics: blank, days: new Map() }
  if (!walker && walkers.size < 1000) walkers.set(user, target)
  target.days.set(day.date, day.count)
  sendJson(response, 201, { user, ...day })
}

const blank = { heightCm: 0, restingHeartRate: 0 }

/** Shows a caller what arrives here: the way to see what a gateway adds and takes away. */
async function echo({ request, response, url }: Call): Promise<void> {
  const body = await readBody(request, 1_000_000)
  const { method, headers } = request
  sendJson(response, 200, { method, path: url.pathname + url.search, headers, body: body?.toString() ?? 'too long' })
}

if (isProgram(import.meta.url)) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '3000' } } })
  const onRequest = ({ method, path, headers }: SeenRequest): void =>
    console.log(`${method} ${path} for ${headers['x-authenticated-userid'] ?? 'nobody'}`)
  const stepOn = await startStepOn({ port: Number(values.port), onRequest })
  closeOnSignal(() => stepOn.close())
  console.log(`Step On counts steps at ${stepOn.url}`)
}

import test, { type ExecutionContext } from 'ava'
import { gatewayApi, startPlane } from '../_kit/data-plane.ts'
import { until } from '../_kit/until.ts'
import { startUpstream, type Upstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:1'

async function balanced(t: ExecutionContext, urls: readonly string[], more: object = {}, loadBalancing: object = {}) {
  const targets = urls.map((url) => ({ url }))
  const api = gatewayApi(urls[0] ?? '', { upstream: { loadBalancing: { targets, ...loadBalancing }, ...more } })
  const plane = await startPlane(t, [api])
  const statuses = async (count: number, init: RequestInit = {}) => {
    const found: number[] = []
    for (let request = 0; request < count; request++) found.push((await fetch(`${plane.url}/pets`, init)).status)
    return found
  }
  return { ...plane, api, statuses }
}

const events = (logged: readonly (readonly [string, object, string])[]) =>
  logged.flatMap(([, fields]) => ('event' in fields ? [fields.event] : []))

const two = (t: ExecutionContext) => Promise.all([forTest(t, startUpstream()), forTest(t, startUpstream())])

/** How many requests have arrived that were no health checks. */
const served = (upstream: Upstream) => upstream.requests.filter(({ path }) => path !== '/health').length

test('targets get requests in proportion to their weights, each with its own base path', async (t) => {
  const [one, other] = await two(t)
  const targets = [{ url: `${one.url}/v1`, weight: 3 }, { url: `${other.url}/v2/` }]
  const { statuses } = await balanced(t, [one.url], {}, { targets })
  t.deepEqual(new Set(await statuses(12)), new Set([200]))
  t.is(one.requests.length, 9)
  t.is(other.requests.length, 3)
  t.is(one.last().path, '/v1/')
  t.is(other.last().path, '/v2/')
})

test('what never reached a target goes to another one, whatever its method, body and all', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const { statuses, logged } = await balanced(t, [NOWHERE, upstream.url])
  t.deepEqual(await statuses(6, { method: 'POST', body: 'x'.repeat(200_000) }), Array(6).fill(200))
  t.is(upstream.requests.length, 6)
  t.true(upstream.requests.every(({ body }) => body.length === 200_000))
  t.deepEqual(events(logged), [])
})

test('a target that fails again and again is left alone for a while, then gets another chance', async (t) => {
  const [good, bad] = await two(t)
  const healthCheck = { passive: { failures: 2, ejectFor: '10s' } }
  const { statuses, clock, logged } = await balanced(t, [good.url, bad.url], {}, { healthCheck })
  bad.answer({ status: 503 })
  t.is((await statuses(4)).filter((status) => status === 503).length, 2)
  t.deepEqual(events(logged), ['ejected'])
  t.deepEqual(await statuses(4), Array(4).fill(200))
  bad.answer({ status: 200 })
  await clock.advance(10_000)
  t.deepEqual(await statuses(4), Array(4).fill(200))
  t.true(bad.requests.length > 2)
})

test('targets are asked whether they are well, and get requests only while they are', async (t) => {
  const [good, sick] = await two(t)
  // The clock runs ahead of the answers, which are not late for that.
  const active = { path: '/health', interval: '1s', timeout: '1h', healthyAfter: 1, unhealthyAfter: 2 }
  sick.answer((request, response) => void response.writeHead(request.url === '/health' ? 500 : 200).end())
  const { statuses, clock, logged } = await balanced(t, [good.url, sick.url], {}, { healthCheck: { active } })
  const logs = async (event: string) => {
    await until(async () => {
      await clock.advance(250)
      return events(logged).at(-1) === event
    })
  }
  await logs('unhealthy')
  const before = served(sick)
  t.deepEqual(await statuses(4), Array(4).fill(200))
  t.is(served(sick), before)
  sick.answer({ status: 200 })
  await logs('healthy')
  await statuses(4)
  t.is(served(sick), before + 2)
})

test('when no target is well the answer is 503 at once, with a time to come back', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const active = { path: '/health', interval: '1s', timeout: '500ms', unhealthyAfter: 1 }
  const { url, logged } = await balanced(t, [NOWHERE], {}, { healthCheck: { active } })
  await until(() => events(logged).length > 0)
  const response = await fetch(`${url}/pets`)
  t.is(response.status, 503)
  t.is(((await response.json()) as { title: string }).title, 'upstream unavailable')
  t.truthy(response.headers.get('retry-after'))
  t.is(upstream.requests.length, 0)
})

test('health is checked as long as the API is live, and what is known survives a reload that leaves the upstream alone', async (t) => {
  const [one, other] = await two(t)
  const active = { path: '/health', interval: '1s', timeout: '1h', unhealthyAfter: 1 }
  const { api, publish, clock, statuses, logged } = await balanced(
    t,
    [one.url, other.url],
    {},
    { healthCheck: { active } },
  )
  other.answer({ status: 500 })
  await until(async () => {
    await clock.advance(250)
    return events(logged).length > 0
  })
  publish([{ ...api, revision: 'r2', routes: gatewayApi('http://a').routes }])
  const before = served(other)
  await statuses(4)
  t.is(served(other), before)
  publish([])
  const asked = one.requests.length
  await clock.advance(10_000)
  await (await fetch(`${one.url}/last`)).text()
  t.deepEqual(
    one.requests.slice(asked).map(({ path }) => path),
    ['/last'],
  )
})

test('an open circuit answers 503 without asking; after the cool-down one request tries, and closes it', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const circuitBreaker = { threshold: 0.5, sampleSize: 4, coolDown: '30s' }
  const api = gatewayApi(upstream.url, { upstream: { circuitBreaker } })
  const { url, clock, logged } = await startPlane(t, [api])
  const ask = () => fetch(`${url}/pets`)
  upstream.answer({ status: 500 })
  for (let request = 0; request < 4; request++) t.is((await ask()).status, 500)
  const refused = await ask()
  t.is(refused.status, 503)
  t.is(refused.headers.get('retry-after'), '30')
  t.is(upstream.requests.length, 4)
  upstream.answer({ status: 200 })
  await clock.advance(30_000)
  t.is((await ask()).status, 200)
  t.is((await ask()).status, 200)
  t.deepEqual(events(logged), ['circuit open', 'circuit closed'])
})

test('an upstream that cannot be reached, or does not answer in time, opens the circuit as well', async (t) => {
  const circuitBreaker = { sampleSize: 2 }
  const { url } = await startPlane(t, [gatewayApi(NOWHERE, { upstream: { circuitBreaker } })])
  t.is((await fetch(`${url}/pets`)).status, 502)
  t.is((await fetch(`${url}/pets`)).status, 502)
  t.is((await fetch(`${url}/pets`)).status, 503)
})

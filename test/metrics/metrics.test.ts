import test, { type ExecutionContext } from 'ava'
import { createMetrics, type MetricFamily, metricsPage } from '../../src/metrics/metrics.ts'
import { requestMetrics } from '../../src/metrics/requests.ts'
import { type Agent, registerAgent } from '../_kit/agent.ts'
import { stepOnDocument } from '../_kit/documents.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { until } from '../_kit/until.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

/** The value of a line `name{labels} value`; NaN where there is none. */
function sample(text: string, line: RegExp): number {
  const found = text.split('\n').find((one) => line.test(one))
  return Number(found?.split(' ').at(-1) ?? Number.NaN)
}

async function scrape(gateway: { readonly adminUrl: string }): Promise<string> {
  const response = await fetch(`${gateway.adminUrl}/metrics`)
  return response.text()
}

async function world(t: ExecutionContext) {
  const upstream = await forTest(t, startUpstream())
  const gateway = await gatewayFor(t, { documents: { 'step-on.json': stepOnDocument({ upstream: upstream.url }) } })
  const agent: Agent = await registerAgent(gateway.api('step-on', '/stepon'))
  return { gateway, agent }
}

test('/metrics counts requests by API, operation and status, tokens, the store, caches and the feed', async (t) => {
  const { gateway, agent } = await world(t)
  const { accessToken } = await agent.clientCredentials('statistics')
  await agent.call('/statistics', accessToken)
  await agent.call('/statistics', accessToken)
  await agent.call('/statistics')
  await agent.token({ grant_type: 'nonsense' })
  await fetch(`${gateway.url}/nowhere`)
  const text = await scrape(gateway)
  const requests = (labels: string) => sample(text, new RegExp(`^gatehouse_requests_total\\{${labels}\\}`))
  t.is(requests('api="step-on",operation="/oauth/token",status="200"'), 1)
  t.is(requests('api="step-on",operation="getStatistics",status="200"'), 2)
  t.is(requests('api="step-on",operation="getStatistics",status="401"'), 1)
  t.is(requests('api="",operation="",status="404"'), 1)
  t.is(sample(text, /^gatehouse_request_duration_seconds_count\{api="step-on"\}/), 5)
  t.is(sample(text, /^gatehouse_tokens_issued_total\{api="step-on",.*grant_type="client_credentials"\}/), 1)
  t.is(sample(text, /^gatehouse_oauth_errors_total\{api="step-on",error="unsupported_grant_type"\}/), 1)
  t.true(sample(text, /^gatehouse_store_seconds_count\{call="commit"\}/) >= 2)
  t.is(sample(text, /^gatehouse_store_failures_total\{call="commit"\}/), 0)
  t.is(sample(text, /^gatehouse_cache_lookups_total\{cache="access_tokens",outcome="hit"\}/), 1)
  t.is(sample(text, /^gatehouse_cache_lookups_total\{cache="access_tokens",outcome="miss"\}/), 1)
  t.true(sample(text, /^gatehouse_feed_lag_seconds /) < 2)
  t.is(sample(text, /^gatehouse_documents\{state="live"\}/), 1)
  t.true(sample(text, /^process_resident_memory_bytes /) > 1e6)
  t.false(text.includes(accessToken))
})

test('a document that was saved anew counts as a reload', async (t) => {
  const { gateway } = await world(t)
  gateway.write('broken.json', { openapi: '3.0.3', 'x-gateway': { servr: {} } })
  const reloads = async () => sample(await scrape(gateway), /^gatehouse_document_reloads_total\{state="down"\}/)
  await until(async () => (await reloads()) > 0)
  t.is(await reloads(), 1)
})

test('notifications are measured by endpoint, a histogram among them', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const document = stepOnDocument({ upstream: upstream.url, receiver: `${upstream.url}/hook` })
  const gateway = await gatewayFor(t, { documents: { 'a.json': document } })
  const text = await scrape(gateway)
  t.regex(text, /^# TYPE gatehouse_notifications_attempt_seconds histogram$/m)
  t.is(sample(text, /^gatehouse_notifications_undelivered\{endpoint="[^"]+"\}/), 0)
})

test('the numbers of several processes become one as each family says', async (t) => {
  const of = (value: number): readonly MetricFamily[] => [
    { name: 'a_total', help: 'a', type: 'counter', aggregator: 'sum', values: [{ labels: { x: '1' }, value }] },
    { name: 'lag', help: 'b', type: 'gauge', aggregator: 'max', values: [{ labels: {}, value }] },
  ]
  const { text, type } = await metricsPage([of(2), of(5)])
  t.is(sample(text, /^a_total\{x="1"\}/), 7)
  t.is(sample(text, /^lag /), 5)
  t.regex(type, /^text\/plain; version=0\.0\.4/)
})

test('a source that fails is left out, and the others are there', async (t) => {
  const metrics = createMetrics()
  requestMetrics(metrics)({ api: 'a', operation: 'GET /x', status: 200, duration: 3 })
  metrics.read(() => Promise.reject(new Error('the store is gone')))
  const { text } = await metricsPage([await metrics.families()])
  t.is(sample(text, /^gatehouse_requests_total\{api="a",operation="GET \/x",status="200"\}/), 1)
})

test('the number of series is bounded, whatever is asked', async (t) => {
  const metrics = createMetrics()
  const ended = requestMetrics(metrics)
  for (let index = 0; index < 11_000; index++) ended({ api: 'a', operation: `GET /${index}`, status: 200, duration: 1 })
  const [family] = await metrics.families()
  t.is(family?.values.length, 10_001)
  t.is(family?.values.at(-1)?.value, 1000)
})

import test from 'ava'
import { tracingFrom } from '../../src/config/tracing.ts'
import { createSampler } from '../../src/gateway/tracing/sampler.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { startUpstream, type Upstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const from = (environment: Readonly<Record<string, string>>) => tracingFrom((name) => environment[name])

test('nothing is traced unless the standard variables ask for it', (t) => {
  t.is(from({}), undefined)
  t.is(from({ OTEL_SERVICE_NAME: 'edge' }), undefined)
  t.is(from({ OTEL_TRACES_EXPORTER: 'otlp' })?.url, 'http://localhost:4318/v1/traces')
  t.is(from({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/' })?.url, 'http://c:4318/v1/traces')
  t.is(from({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:4318/spans' })?.url, 'http://c:4318/spans')
  t.is(from({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_TRACES_EXPORTER: 'none' }), undefined)
  t.is(from({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_SDK_DISABLED: 'true' }), undefined)
  const all = from({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c',
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b, x=1',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=one,deployment.environment=test',
    OTEL_SERVICE_NAME: 'edge',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  })
  t.deepEqual(all?.headers, { 'api-key': 'a b', x: '1' })
  t.deepEqual(all?.resource, { 'service.name': 'edge', 'deployment.environment': 'test' })
  t.deepEqual(all?.sampler, { parentBased: true, ratio: 0.25 })
  t.is(all?.batch.delay, 100)
})

test('a trace that begins here is drawn by its id; one that was begun is gone on with as its sender decided', (t) => {
  const inbound = (flags: string) => `00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}`
  const quarter = createSampler({ parentBased: true, ratio: 0.25 })
  t.true(quarter(`${'0'.repeat(24)}3fffffff`, undefined))
  t.false(quarter(`${'0'.repeat(24)}40000000`, undefined))
  t.true(quarter('f'.repeat(32), inbound('01')))
  t.false(quarter('0'.repeat(32), inbound('00')))
  t.true(createSampler({ parentBased: false, ratio: 1 })('0'.repeat(32), inbound('00')))
})

interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, string>> }[]
}

function spansAt(collector: Upstream): readonly ReceivedSpan[] {
  return collector.requests.flatMap(({ body }) => {
    const sent = JSON.parse(body.toString()) as {
      resourceSpans: { scopeSpans: { spans: ReceivedSpan[] }[] }[]
    }
    return sent.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
  })
}

test('a request and its call to the upstream are spans of one trace, which the upstream goes on with', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const collector = await forTest(t, startUpstream())
  const document = {
    openapi: '3.0.3',
    info: { title: 'Pets', version: '1' },
    paths: { '/pets/{id}': { get: { operationId: 'getPet', responses: { 200: { description: 'A pet' } } } } },
    'x-gateway': { server: { listenPath: { value: '/pets/' } }, upstream: { url: upstream.url } },
  }
  const environment: Readonly<Record<string, string>> = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k',
    OTEL_SERVICE_NAME: 'edge',
  }
  const gateway = await gatewayFor(t, {
    documents: { 'pets.json': document },
    deps: { environment: (name) => environment[name] },
  })
  const parent = { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` }
  await (await fetch(`${gateway.url}/pets/pets/7?key=secret`, { headers: parent })).text()
  const went = String(upstream.last().headers['traceparent'])
  await (await fetch(`${gateway.url}/pets/pets/8`)).text()
  const began = String(upstream.last().headers['traceparent'])
  await (
    await fetch(`${gateway.url}/pets/pets/9`, { headers: { traceparent: `00-${'e'.repeat(32)}-${'d'.repeat(16)}-00` } })
  ).text()
  await gateway.close()

  const spans = spansAt(collector)
  t.is(spans.length, 4, 'the one that its sender does not trace is not there')
  const [server, client] = spans
  t.like(server, { traceId: 'c'.repeat(32), parentSpanId: 'd'.repeat(16), name: 'GET /pets/{id}', kind: 2 })
  t.like(client, { traceId: 'c'.repeat(32), parentSpanId: server?.spanId, kind: 3 })
  t.is(went, `00-${'c'.repeat(32)}-${server?.spanId}-01`)
  t.is(began, `00-${spans[2]?.traceId}-${spans[2]?.spanId}-01`, 'a trace that begins here is told to be recorded')
  const attributes = Object.fromEntries(
    (server?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]),
  )
  t.like(attributes, { 'http.response.status_code': '200', 'url.path': '/pets/pets/7', 'gatehouse.api': 'pets' })
  t.false(JSON.stringify(spans).includes('secret'))
  t.is(collector.last().headers['api-key'], 'k')
  t.regex(collector.last().body.toString(), /"service.name","value":\{"stringValue":"edge"/)
})

test('a collector that is away harms nobody and is logged', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const document = {
    openapi: '3.0.3',
    info: { title: 'Pets', version: '1' },
    paths: {},
    'x-gateway': { server: { listenPath: { value: '/pets/' } }, upstream: { url: upstream.url } },
  }
  const gateway = await gatewayFor(t, {
    documents: { 'pets.json': document },
    deps: { environment: (name) => (name === 'OTEL_EXPORTER_OTLP_ENDPOINT' ? 'http://127.0.0.1:1' : undefined) },
  })
  t.is((await fetch(`${gateway.url}/pets/x`)).status, 200)
  await gateway.close()
  t.true(gateway.log.some(({ message }) => message === 'spans could not be exported'))
})

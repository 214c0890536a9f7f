import test from 'ava'
import { Webhook } from 'standardwebhooks'
import type { DeliveryFilter, Listed } from '../../src/notify/operate/list.ts'
import { notificationSamples } from '../../src/notify/operate/metrics.ts'
import { status } from '../_kit/receiver.ts'
import { operated } from './operated.ts'
import { SECRET } from './world.ts'

const ENDPOINT = 'step-on.oauth.default'
const HOUR = 3_600_000
type World = Awaited<ReturnType<typeof operated>>

async function listAll({ notifications }: World, filter: DeliveryFilter, limit = 7): Promise<readonly Listed[]> {
  const items: Listed[] = []
  let after: string | undefined
  do {
    const page = await notifications.list(filter, { limit, ...(after === undefined ? {} : { after }) })
    items.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return items
}

test('every notification is listed in its state, page by page, and none twice', async (t) => {
  const world = await operated(t, { maxInFlight: 1, schedule: ['0s', '5s'] })
  for (let turn = 0; turn < 20; turn++) await world.issue()
  await world.pass(10_000, 1000)
  world.receiver.reply = status(500)
  for (let turn = 0; turn < 20; turn++) await world.issue({ clientId: 'other' })
  await world.pass(20_000, 1000)
  const all = await listAll(world, {})
  t.is(new Set(all.map(({ id }) => id)).size, 40)
  t.is(all.length, 40)
  const states = [...new Set(all.map(({ state }) => state))]
  t.deepEqual(
    states,
    ['retrying', 'queued', 'dead', 'delivered'].filter((state) => states.some((one) => one === state)),
    'those that may want a hand come first',
  )
  const count = async (filter: DeliveryFilter) => (await listAll(world, filter)).length
  t.is(await count({ states: ['delivered'] }), 20)
  const [dead, retrying, queued] = await Promise.all(
    (['dead', 'retrying', 'queued'] as const).map((state) => count({ states: [state] })),
  )
  t.is((dead ?? 0) + (retrying ?? 0) + (queued ?? 0), 20)
  t.true((queued ?? 0) > 5 && (retrying ?? 0) + (dead ?? 0) >= 5)
  t.is(await count({ clientId: 'other' }), 20)
  t.is(await count({ clientId: 'nobody' }), 0)
  t.is(await count({ endpoint: ENDPOINT, api: 'step-on', type: 'oauth.token.issued' }), 40)
  t.is(await count({ api: 'step' }), 0)
  t.is(await count({ since: world.clock.now() + 1 }), 0)
})

test('one notification shows its attempts with status, latency and answer, in every state', async (t) => {
  const world = await operated(t)
  world.receiver.reply = (response) => response.writeHead(503).end('come back later')
  const { ids } = await world.issue()
  const [id = ''] = ids
  await world.quiet()
  t.like(await world.notifications.find(id), { state: 'retrying', endpoint: ENDPOINT, type: 'oauth.token.issued' })
  world.receiver.reply = (response) => response.writeHead(200).end('thank you')
  await world.pass(8000, 1000)
  const found = await world.notifications.find(id)
  t.is(found?.state, 'delivered')
  t.deepEqual(
    found?.attempts.map((attempt) => attempt.status),
    [503, 200],
  )
  t.deepEqual(found?.answers, ['come back later', 'thank you'])
  t.is(await world.notifications.find('msg_AAAAAAAAAAAAAAAAAAAAAA'), undefined)
  t.is(await world.notifications.find('nonsense'), undefined)
})

test('a delivered notification can be replayed: same id, same bytes', async (t) => {
  const world = await operated(t)
  const { ids } = await world.issue()
  const [id = ''] = ids
  await world.quiet()
  t.is(await world.notifications.replay(id), 'queued')
  await world.receiver.arrived(2)
  await world.quiet()
  const [first, second] = world.receiver.received
  t.is(first?.id, second?.id)
  t.is(first?.body, second?.body)
  t.like(await world.notifications.find(id), { state: 'delivered', replays: 1 })
  t.is((await world.notifications.list({ states: ['delivered'] }, { limit: 10 })).items.length, 1)
  t.is(await world.notifications.replay('msg_AAAAAAAAAAAAAAAAAAAAAA'), 'unknown')
})

test('one that waits for a later attempt is sent at once when it is replayed', async (t) => {
  const world = await operated(t, { schedule: ['0s', '10h'] })
  world.receiver.reply = status(500)
  const { ids } = await world.issue()
  await world.quiet()
  world.receiver.reply = status(204)
  t.is(await world.notifications.replay(ids[0] ?? ''), 'queued')
  await world.receiver.arrived(2)
  await world.quiet()
  t.is((await world.notifications.find(ids[0] ?? ''))?.state, 'delivered')
})

test('what was delivered since a time is replayed for a receiver that lost it', async (t) => {
  const world = await operated(t)
  await world.issue()
  await world.pass(2 * HOUR, HOUR)
  const since = world.clock.now()
  for (let turn = 0; turn < 5; turn++) await world.issue()
  await world.quiet()
  const result = await world.notifications.replayMatching({ states: ['delivered'], since }, { limit: 100 })
  t.deepEqual(result, { replayed: 5, skipped: 0 })
  await world.receiver.arrived(11)
  await world.quiet()
  t.is(world.receiver.received.length, 11)
})

test('replays do not hold up new events', async (t) => {
  const world = await operated(t, { maxInFlight: 1 })
  for (let turn = 0; turn < 30; turn++) await world.issue()
  await world.receiver.arrived(30)
  await world.quiet()
  const { promise: isIssued, resolve: issued } = Promise.withResolvers<void>()
  world.receiver.reply = async (response) => {
    await isIssued
    response.writeHead(204).end()
  }
  await world.notifications.replayMatching({ states: ['delivered'] }, { limit: 100 })
  const { ids } = await world.issue()
  issued()
  await world.receiver.arrived(61)
  const place = world.receiver.received.findIndex(({ id }) => id === ids[0])
  t.true(place > 0 && place < 45, `it came as number ${place} of 61`)
})

test('dead letters and deliveries are kept as long as the settings say, then forgotten', async (t) => {
  const world = await operated(t, { schedule: ['0s'], history: '1h', deadLetters: '2d' })
  const delivered = (await world.issue()).ids[0] ?? ''
  await world.quiet()
  world.receiver.reply = status(500)
  const dead = (await world.issue()).ids[0] ?? ''
  await world.quiet()
  const states = async () => [
    (await world.notifications.find(delivered))?.state,
    (await world.notifications.find(dead))?.state,
  ]
  t.deepEqual(await states(), ['delivered', 'dead'])
  await world.pass(2 * HOUR, HOUR)
  t.deepEqual(await states(), [undefined, 'dead'])
  await world.pass(48 * HOUR, HOUR)
  t.deepEqual(await states(), [undefined, undefined])
})

test('a disabled endpoint takes no replays until it is enabled again', async (t) => {
  const world = await operated(t)
  t.true(await world.notifications.disable(ENDPOINT))
  const { ids } = await world.issue()
  await world.pass(6000, 1000)
  t.like(await world.notifications.find(ids[0] ?? ''), { state: 'dead', reason: 'disabled' })
  t.is(await world.notifications.replay(ids[0] ?? ''), 'endpoint_disabled')
  t.deepEqual(await world.notifications.replayMatching({}, { limit: 10 }), { replayed: 0, skipped: 1 })
  t.true(await world.notifications.enable(ENDPOINT))
  t.is(await world.notifications.replay(ids[0] ?? ''), 'queued')
  await world.receiver.arrived(1)
  t.false(await world.notifications.enable('no.such.endpoint'))
})

test('a test event reaches the endpoint signed like any other', async (t) => {
  const world = await operated(t)
  const id = await world.notifications.test(ENDPOINT)
  await world.receiver.arrived(1)
  const [got] = world.receiver.received
  t.is(got?.id, id ?? '')
  const body = new Webhook(SECRET).verify(got?.body ?? '', got?.headers as Record<string, string>)
  t.like(body as object, { type: 'webhook.test', data: { endpoint: ENDPOINT } })
  t.is(await world.notifications.test('no.such.endpoint'), undefined)
})

test('a report says how a receiver fares: backlog, age of the oldest, latencies', async (t) => {
  const world = await operated(t)
  for (let turn = 0; turn < 3; turn++) await world.issue()
  await world.quiet()
  t.is((await world.notifications.endpoint(ENDPOINT))?.lastDay.delivered, 3, 'what was just counted, too')
  await world.pass(6000, 1000)
  t.like(await world.notifications.endpoint(ENDPOINT), { state: 'ok', undelivered: 0, inFlight: 0 })
  world.receiver.reply = status(500)
  const at = world.clock.now()
  for (let turn = 0; turn < 10; turn++) await world.issue()
  await world.pass(HOUR, 60_000)
  const report = await world.notifications.endpoint(ENDPOINT)
  t.like(report, { state: 'waiting', undelivered: 10, oldestUndelivered: at })
  t.is(report?.own.delivered, 3)
  t.is(report?.lastDay.delivered, 3)
  t.is(report?.lastDay.failed, world.receiver.received.length - 3)
  t.is(
    report?.own.latency.reduce((sum, count) => sum + count, 0),
    world.receiver.received.length,
  )
  t.deepEqual(
    (await world.notifications.endpoints()).map(({ id }) => id),
    [ENDPOINT],
  )
})

test('what waits for an endpoint that no document names becomes dead letters after five days', async (t) => {
  const world = await operated(t)
  world.receiver.reply = status(500)
  const { ids } = await world.issue()
  await world.quiet()
  world.configure({ onKeyChangeUrl: undefined })
  await world.pass(5 * 24 * HOUR, HOUR)
  t.is((await world.notifications.find(ids[0] ?? ''))?.state, 'retrying')
  t.is(await world.notifications.replay(ids[0] ?? ''), 'endpoint_not_live')
  await world.pass(HOUR, 60_000)
  t.like(await world.notifications.find(ids[0] ?? ''), { state: 'dead', reason: 'removed' })
})

test('the metrics name the age of the oldest undelivered event of each endpoint', async (t) => {
  const world = await operated(t)
  await world.issue()
  await world.quiet()
  world.receiver.reply = status(500)
  await world.issue()
  await world.pass(HOUR, 60_000)
  const samples = notificationSamples(await world.notifications.endpoints(), world.clock.now())
  const value = (name: string) => samples.find((sample) => sample.name === `gatehouse_notifications_${name}`)?.value
  t.is(value('oldest_undelivered_age_seconds'), 3600)
  t.is(value('undelivered'), 1)
  t.is(value('delivered_total'), 1)
  t.is(value('failed_attempts_total'), world.receiver.received.length - 1)
  t.true(samples.every(({ labels }) => labels['endpoint'] === ENDPOINT))
  const buckets = samples.filter(({ name }) => name.endsWith('_bucket')).map((sample) => sample.value)
  t.deepEqual(
    buckets,
    [...buckets].sort((a, b) => a - b),
  )
  t.is(buckets.at(-1), world.receiver.received.length)
})

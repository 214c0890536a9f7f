import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { silentLog } from '../../src/core/log.ts'
import { freshQueue } from '../../src/notify/delivery.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { status } from '../_kit/receiver.ts'
import { until } from '../_kit/until.ts'
import { operated } from './operated.ts'
import { notifyWorld } from './world.ts'

const ENDPOINT = 'step-on.oauth.default'
const QUEUE = freshQueue(ENDPOINT)

test('several gateways share the work without sending anything twice', async (t) => {
  const world = await notifyWorld(t)
  const { store } = world
  const others = [1, 2, 3].map(() => world.startDeliverer())
  for (let turn = 0; turn < 200; turn++) {
    await world.issue()
    for (const other of others) other.deliver([ENDPOINT])
  }
  await until(async () => (await store.queueState(QUEUE)).length === 0)
  t.is(world.receiver.received.length, 200)
  t.is(new Set(world.receiver.received.map(({ id }) => id)).size, 200)
})

test('while a receiver is down, all gateways together make one probe per interval', async (t) => {
  const world = await notifyWorld(t, { maxInFlight: 1 })
  world.startDeliverer()
  world.receiver.reply = status(500)
  for (let turn = 0; turn < 20; turn++) await world.issue()
  await world.pass(600_000, 1000)
  const before = world.receiver.received.length
  await world.pass(3_600_000, 10_000)
  const probes = world.receiver.received.length - before
  t.true(probes >= 9 && probes <= 16, `${probes} probes in an hour`)
})

test('what a crashed gateway had claimed comes back when its lease ends', async (t) => {
  const world = await notifyWorld(t)
  const { store, clock } = world
  await world.deliverer.stop()
  await world.issue()
  t.is((await store.claim(QUEUE, 10, clock.now() + 60_000)).length, 1)
  world.startDeliverer()
  await world.pass(59_000, 1000)
  t.is(world.receiver.received.length, 0)
  await world.pass(2000, 500)
  await world.receiver.arrived(1)
  t.is(world.receiver.received.length, 1)
})

test('a graceful stop ends what is in flight, and gives back the rest at once', async (t) => {
  const world = await notifyWorld(t, { maxInFlight: 2 })
  const open: ServerResponse[] = []
  world.receiver.reply = (response) => void open.push(response)
  // As many as are claimed at a time: two in flight, four ahead.
  for (let turn = 0; turn < 6; turn++) await world.issue()
  await world.receiver.arrived(2)
  const stopped = world.deliverer.stop()
  for (const response of open) response.writeHead(204).end()
  await stopped
  const { length, nextDueAt = 0 } = await world.store.queueState(QUEUE)
  t.is(world.receiver.received.length + length, 6, 'what was sent is settled')
  t.is(length, 4)
  t.true(nextDueAt <= world.clock.now(), 'others may take the rest at once')
})

test('tokens neither stand in the database nor in any log line, whatever happens', async (t) => {
  const path = join(mkdtempSync(join(tmpdir(), 'gatehouse-sealed-')), 'g.db')
  const world = await notifyWorld(
    t,
    { schedule: ['0s', '5s'] },
    { store: (clock) => openSqliteStore({ path, clock, log: silentLog }) },
  )
  for (const reply of [status(204), status(500), status(410)]) {
    world.receiver.reply = reply
    await world.issue()
    await world.pass(20_000, 1000)
  }
  world.receiver.reply = (response, { body }) => response.writeHead(500).end(body)
  await world.deliverer.condition(ENDPOINT).enable()
  await world.issue()
  await world.pass(20_000, 1000)
  const files = readdirSync(join(path, '..')).map((name) => readFileSync(join(path, '..', name)).toString('latin1'))
  t.true(files.join().includes('oauth.token.issued'), 'the search would find something')
  t.false(/canary/.test(files.join()))
  t.true(world.lines.length > 0)
  t.false(/canary|whsec/.test(JSON.stringify(world.lines)))
})

test('after an outage of the store, deliveries go on by themselves', async (t) => {
  const world = await operated(t)
  const { store } = world
  const { StoreUnavailable } = await import('../../src/store/store.ts')
  const real = store.queueState
  let down = true
  store.queueState = (queue) => (down ? Promise.reject(new StoreUnavailable('down')) : real.call(store, queue))
  await world.issue()
  await world.pass(5000, 1000)
  t.is(world.receiver.received.length, 0)
  down = false
  await world.pass(3000, 1000)
  t.is(world.receiver.received.length, 1)
})

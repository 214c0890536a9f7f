import type { ServerResponse } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { createDeliverer } from '../../src/notify/deliverer.ts'
import { deliveriesIndex, freshQueue } from '../../src/notify/delivery.ts'
import { status } from '../_kit/receiver.ts'
import { until } from '../_kit/until.ts'
import { notifyWorld } from './world.ts'

const ENDPOINT = 'step-on.oauth.default'
const QUEUE = freshQueue(ENDPOINT)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

test('a receiver that is down for 26 hours is probed now and then, and gets everything when it is back', async (t) => {
  const world = await notifyWorld(t)
  world.receiver.reply = status(500)
  const issued: string[] = []
  for (let ten = 0; ten < 26 * 6; ten++) {
    issued.push(...(await world.issue()).ids)
    await world.pass(10 * MINUTE, 60_000)
  }
  const probes = world.receiver.received.length
  // One probe in about five minutes, however many events wait.
  t.true(probes > 200 && probes < 26 * 15 + 20, String(probes))
  t.is((await world.store.queueState(QUEUE)).length, issued.length)

  world.receiver.reply = status(204)
  await world.pass(7 * MINUTE)
  const delivered = world.receiver.received.slice(probes)
  t.deepEqual([...new Set(delivered.map(({ id }) => id))].sort(), [...issued].sort())
  t.is(delivered.length, issued.length, 'each once')
  t.is((await world.store.queueState(QUEUE)).length, 0)
  const bodies = new Map<string, Set<string>>()
  for (const { id, body } of world.receiver.received) bodies.set(id, (bodies.get(id) ?? new Set()).add(body))
  t.true(
    [...bodies.values()].every((different) => different.size === 1),
    'the bytes of an id never change',
  )
})

test('a lone event is attempted by the schedule over three days, then it is a dead letter', async (t) => {
  const world = await notifyWorld(t)
  world.receiver.reply = status(500)
  const start = world.clock.now()
  const times: number[] = []
  world.receiver.reply = (response) => {
    times.push(world.clock.now() - start)
    response.writeHead(500).end()
  }
  await world.issue()
  await world.pass(20 * MINUTE, 1000)
  await world.pass(90 * HOUR, MINUTE)
  t.is(times.length, 11)
  const schedule = [0, 5, 30, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
  for (const [index, seconds] of schedule.entries()) {
    const gap = (times[index] ?? 0) - (times[index - 1] ?? 0)
    t.true(gap >= seconds * 790 && gap <= seconds * 1210 + 2 * MINUTE, `attempt ${index}: ${gap} after ${seconds} s`)
  }
  t.is((await world.store.queueState(QUEUE)).length, 0)
  const { members } = await world.store.list(deliveriesIndex(ENDPOINT, 'dead'), { limit: 10 })
  t.is(members.length, 1)
})

type World = Awaited<ReturnType<typeof notifyWorld>>

/** Answers the oldest open request whenever nothing more is on its way: as many are open as the deliverer allows. */
function answerWhenAllHaveArrived(t: ExecutionContext, { receiver, deliverer }: World): void {
  const open: ServerResponse[] = []
  let calm = 0
  const look = (): void => {
    calm = open.length === deliverer.inFlight(ENDPOINT) ? calm + 1 : 0
    if (calm >= 10) {
      open.shift()?.writeHead(204).end()
      calm = 0
    }
    turn = setImmediate(look)
  }
  let turn = setImmediate(look)
  t.teardown(() => clearImmediate(turn))
  receiver.reply = (response) => void open.push(response)
}

test('after an outage the backlog drains with a ramp: one at first, never more than allowed', async (t) => {
  const world = await notifyWorld(t, { maxInFlight: 6 })
  world.receiver.reply = status(500)
  for (let turn = 0; turn < 60; turn++) await world.issue()
  await world.quiet()
  await world.pass(MINUTE, 1000)
  const before = world.receiver.received.length
  answerWhenAllHaveArrived(t, world)
  await world.pass(6 * MINUTE, 1000)
  const open = world.receiver.received.slice(before).map((request) => request.open)
  t.is(new Set(world.receiver.received.slice(before).map(({ id }) => id)).size, 60)
  t.is(open[0], 1)
  // Limit n is reached after 1 + 2 + … + (n - 1) successes, the probe being an extra one.
  for (const [index, count] of open.entries())
    t.true(count <= 1 + Math.floor(Math.sqrt(2 * index + 1)), `${index}: ${count}`)
  t.is(Math.max(...open), 6)
})

test('a gateway that is started during an outage begins with the ramp as well', async (t) => {
  const world = await notifyWorld(t)
  world.receiver.reply = status(500)
  for (let turn = 0; turn < 40; turn++) await world.issue()
  await world.pass(MINUTE, 1000)
  await world.deliverer.stop()
  const before = world.receiver.received.length
  world.receiver.reply = (response) => void setTimeout(() => response.writeHead(204).end(), 3)
  const { store, vault, outbound, clock, random, log } = world
  const successor = createDeliverer({ store, vault, outbound, clock, random, log, endpoints: () => world.endpoints })
  t.teardown(() => successor.stop())
  successor.start()
  for (let step = 0; (await store.queueState(QUEUE)).length > 0 && step < 600; step++) {
    await clock.advance(1000)
    await until(() => successor.inFlight(ENDPOINT) === 0)
  }
  const open = world.receiver.received.slice(before).map((request) => request.open)
  t.is(open.length, 40)
  t.deepEqual(open.slice(0, 2), [1, 1])
  t.true(
    open.slice(0, 10).every((count) => count < 5),
    open.join(' '),
  )
})

test('while a receiver is down its other events cost nothing: the breaker opens after five failures', async (t) => {
  const world = await notifyWorld(t, { maxInFlight: 1 })
  world.receiver.reply = status(500)
  for (let turn = 0; turn < 50; turn++) await world.issue()
  await world.quiet()
  t.is(world.receiver.received.length, 5)
  t.is((await world.deliverer.condition(ENDPOINT).current()).failures, 5)
})

test('without any success for five days and fifty attempts, the endpoint is disabled and its events are dead letters', async (t) => {
  const world = await notifyWorld(t)
  world.receiver.reply = status(500)
  for (let hour = 0; hour < 5 * 24; hour++) {
    await world.issue()
    await world.pass(HOUR, 4 * MINUTE)
  }
  t.is((await world.deliverer.condition(ENDPOINT).current()).disabled, undefined, 'not before five days')
  await world.issue()
  await world.pass(HOUR, MINUTE)
  t.is((await world.deliverer.condition(ENDPOINT).current()).disabled?.reason, 'failing')
  t.is((await world.store.queueState(QUEUE)).length, 0)
  t.true(world.lines.some(({ level, message }) => level === 'error' && message.includes('disabled')))
  const before = world.receiver.received.length
  await world.issue()
  await world.pass(HOUR, MINUTE)
  t.is(world.receiver.received.length, before, 'nothing is sent any more')
  t.is((await world.store.queueState(QUEUE)).length, 0)
})

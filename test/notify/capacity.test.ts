import test from 'ava'
import { freshQueue } from '../../src/notify/delivery.ts'
import { status } from '../_kit/receiver.ts'
import { operated } from './operated.ts'

const ENDPOINT = 'step-on.oauth.default'
const QUEUE = freshQueue(ENDPOINT)

test('alarms sound once each at 50, 80 and 100 % of the outbox', async (t) => {
  const world = await operated(t, { capacity: 10, atCapacity: 'refuse' })
  world.receiver.reply = status(500)
  const alarms = () =>
    world.lines.flatMap(({ level, message }) => (message.includes('outbox') ? [`${level}: ${message}`] : []))
  const fill = async (count: number) => {
    for (let turn = 0; turn < count; turn++) await world.issue()
    await world.pass(6000, 1000)
  }
  await fill(4)
  t.deepEqual(alarms(), [])
  await fill(1)
  t.deepEqual(alarms(), ['warn: the outbox of a receiver is half full'])
  await fill(3)
  await fill(2)
  t.deepEqual(alarms().slice(1), [
    'error: the outbox of a receiver has reached 80 % of its capacity',
    'error: the outbox of a receiver has reached 100 % of its capacity',
  ])
})

test('with drop_oldest nothing is refused: the oldest become dead letters, are counted, and can be replayed', async (t) => {
  const world = await operated(t, { capacity: 10, atCapacity: 'drop_oldest' })
  world.receiver.reply = status(500)
  const issued: string[] = []
  for (let turn = 0; turn < 25; turn++) issued.push(...(await world.issue()).ids)
  await world.pass(10_000, 1000)
  t.is((await world.store.queueState(QUEUE)).length, 10)
  const { items } = await world.notifications.list({ states: ['dead'] }, { limit: 100 })
  t.is(items.length, 15)
  t.true(items.every(({ reason }) => reason === 'dropped'))
  const report = await world.notifications.endpoint(ENDPOINT)
  t.like(report?.own, { dead: 15, dropped: 15 })
  t.true(world.lines.some(({ level, fields }) => level === 'error' && fields['dropped'] === 15))

  world.receiver.reply = status(204)
  await world.pass(400_000)
  const { replayed } = await world.notifications.replayMatching({}, { limit: 100 })
  t.is(replayed, 15)
  await world.pass(10_000, 1000)
  const arrived = new Set(world.receiver.received.map(({ id }) => id))
  t.true(
    issued.every((id) => arrived.has(id)),
    'in the end everything has arrived',
  )
})

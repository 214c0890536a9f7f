import test from 'ava'
import { silentLog } from '../../src/core/log.ts'
import { createDeliverer } from '../../src/notify/deliverer.ts'
import { freshQueue } from '../../src/notify/delivery.ts'
import { openRedisStore } from '../../src/store/redis.ts'
import { status } from '../_kit/receiver.ts'
import { startRedis } from '../_kit/redis.ts'
import { until } from '../_kit/until.ts'
import { operated } from './operated.ts'

const ENDPOINT = 'step-on.oauth.default'
const QUEUE = freshQueue(ENDPOINT)

test('on Redis as on SQLite: an outage, the recovery, two gateways, dead letters and their replay', async (t) => {
  const redis = await startRedis()
  const world = await operated(
    t,
    { schedule: ['0s', '10h'], maxInFlight: 2 },
    { store: (clock) => openRedisStore({ url: redis.url, clock, log: silentLog }) },
  )
  t.teardown(() => redis.stop())
  const { store, vault, outbound, clock, random, log, receiver, notifications } = world
  const other = createDeliverer({ store, vault, outbound, clock, random, log, endpoints: () => world.endpoints })
  other.start()
  t.teardown(() => other.stop())

  receiver.reply = status(500)
  const issued: string[] = []
  for (let partition = 0; partition < 32; partition++) {
    issued.push(...(await world.announceAt(partition)).ids)
    other.deliver([ENDPOINT])
  }
  const failed = async (): Promise<boolean> => (await notifications.endpoint(ENDPOINT))?.state === 'waiting'
  await until(failed)
  t.true(receiver.received.length < 10)
  t.is((await notifications.list({}, { limit: 1000 })).items.length, 32)

  receiver.reply = status(204)
  await until(async () => {
    await clock.advance(1000)
    return (await store.queueState(QUEUE)).length === 0
  })
  const arrived = receiver.received.map(({ id }) => id)
  t.deepEqual([...new Set(arrived)].sort(), [...issued].sort())

  await until(async () => (await notifications.list({ states: ['delivered'] }, { limit: 1000 })).items.length === 32)
  const before = receiver.received.length
  t.like(await notifications.replayMatching({ states: ['delivered'] }, { limit: 1000 }), { replayed: 32 })
  await receiver.arrived(before + 32)
})

import type { ServerResponse } from 'node:http'
import test from 'ava'
import type { Clock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import { openRedisStore } from '../../src/store/redis.ts'
import { startRedis } from '../_kit/redis.ts'
import { until } from '../_kit/until.ts'
import { notifyWorld } from './world.ts'

const ENDPOINT = 'step-on.oauth.default'

test('a store that is away is a matter of warnings, which the log counts, and not of an error for each receiver', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const url = redis.url.replace(/\?.*/, '?timeout=500')
  const store = { store: (clock: Clock) => openRedisStore({ url, clock, log: silentLog }) }
  const { receiver, issue, deliverer, lines } = await notifyWorld(t, {}, store)
  const open: ServerResponse[] = []
  receiver.reply = (response) => void open.push(response)
  await issue()
  await until(() => open.length === 1)
  await redis.signal('SIGKILL')
  open[0]?.writeHead(204).end()
  const said = (words: string) => lines.filter(({ message }) => message === words).map(({ level }) => level)
  await until(() => said('a delivery was not concluded').length > 0)
  deliverer.deliver([ENDPOINT])
  await until(() => said('notifications cannot be looked for').length > 0)
  t.deepEqual(
    lines.filter(({ level }) => level === 'error'),
    [],
  )
})

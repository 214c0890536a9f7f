import { notificationSettings } from '../../src/api/settings/notifications.ts'
import type { Clock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import { pooledRandom } from '../../src/core/random.ts'
import { openVault } from '../../src/core/vault.ts'
import { createAnnouncer } from '../../src/notify/announce.ts'
import { createDeliverer } from '../../src/notify/deliverer.ts'
import { freshQueue } from '../../src/notify/delivery.ts'
import { schemeEndpoints } from '../../src/notify/endpoint.ts'
import { withAnnouncement } from '../../src/notify/event.ts'
import { createOutbound } from '../../src/outbound/client.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { tokenEvent } from './world.ts'

/**
 * A gateway that issues tokens as fast as it can and prints each that is committed, until it is killed. With `drain` it
 * issues nothing, and ends when everything has been delivered.
 */
const [path = '', url = '', mode, epoch = '0'] = process.argv.slice(2)

// A hundred times as fast as the real one, in every process alike: leases of a minute end within the test.
const SPEED = 100
const start = Number(epoch)
const clock: Clock = {
  now: () => Math.round(start + (performance.timeOrigin + performance.now() - start) * SPEED),
  after(delay, task) {
    const timer = setTimeout(task, delay / SPEED)
    return () => clearTimeout(timer)
  },
}
const random = pooledRandom()
const vault = openVault(Buffer.alloc(32, 7), random)
const store = openSqliteStore({ path, clock, log: silentLog })
const outbound = createOutbound({ privateTargets: 'allow', clock, log: silentLog })
const settings = notificationSettings.parse({ onKeyChangeUrl: url, sharedSecret: process.env['SECRET'] })
const endpoints = schemeEndpoints(vault, silentLog, 'step-on', 'oauth', settings)
const deliverer = createDeliverer({
  ...{ store, vault, outbound, clock, random, log: silentLog },
  endpoints: () => endpoints,
  attemptDeadline: 150,
})
const announcer = createAnnouncer({ vault, random, clock, endpointsOf: () => endpoints, deliver: deliverer.deliver })
deliverer.start()

let serial = 0
async function issue(): Promise<void> {
  const partition = serial % 32
  const tokenId = `${process.pid}-${serial++}`
  const announcement = announcer.announce(partition, tokenEvent(clock.now(), { tokenId }))
  const key = { kind: 'token', partition, id: tokenId }
  const writes = [{ op: 'put' as const, key, value: { tokenId } }]
  const outcome = await store.commit(withAnnouncement({ partition, writes }, announcement))
  if (!outcome.ok) throw new Error(outcome.reason)
  announcer.wake()
  process.stdout.write(`${tokenId} ${announcement.enqueue[0]?.id}\n`)
}

if (mode === 'drain') {
  const check = async (): Promise<void> => {
    if ((await store.queueState(freshQueue('step-on.oauth.default'))).length > 0) return void setTimeout(check, 20)
    await deliverer.stop()
    outbound.close()
    await store.close()
    process.exit(0)
  }
  await check()
} else {
  const turn = async (): Promise<void> => {
    await Promise.all([issue(), issue(), issue()])
    setTimeout(turn, 4)
  }
  await turn()
}

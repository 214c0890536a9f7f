import { setTimeout as sleep } from 'node:timers/promises'
import { type RedisServer, startRedis } from '../../_kit/redis.ts'
import { settleAccount } from '../account.ts'
import { startFleet } from '../fleet.ts'
import { newLedger } from '../ledger.ts'
import { recovery, SILENCE, startTraffic } from '../traffic.ts'
import type { Scenario } from './scenario.ts'

/** With `everysec` Redis may answer up to two seconds before it writes while the disk is busy: here nothing may be lost. */
const PERSISTENT = ['--appendonly', 'yes', '--appendfsync', 'always']
const PATIENT = { issuers: 3, checkers: 3, revokers: 1, pause: 10, known: SILENCE }

function outage(
  name: string,
  begin: (redis: RedisServer) => Promise<void>,
  end: (redis: RedisServer) => Promise<void>,
): Scenario {
  return {
    name,
    async run(t, effort) {
      const redis = await startRedis(PERSISTENT)
      t.teardown(() => redis.stop())
      const fleet = await startFleet(t, 2, redis.url.replace(/\?.*/, ''))
      const ledger = newLedger()
      const traffic = startTraffic(fleet, ledger, PATIENT)
      const took: number[] = []
      for (let round = 0; round < Math.ceil(3 * effort); round++) {
        await sleep(4000 * effort)
        await begin(redis)
        await sleep(5000 * effort)
        await end(redis)
        took.push(await recovery(fleet))
      }
      await sleep(1000)
      await traffic.stop()
      const account = await settleAccount(fleet, ledger)
      return {
        ...account,
        lines: [`back after ${took.map((ms) => `${Math.round(ms)} ms`).join(', ')}`, ...account.lines],
      }
    },
  }
}

export const redisKilled = outage(
  'Redis is killed with -9 under load and started again',
  (redis) => redis.signal('SIGKILL'),
  (redis) => redis.restart(),
)

export const redisFrozen = outage(
  'Redis is frozen under load (SIGSTOP) and goes on',
  (redis) => redis.signal('SIGSTOP'),
  (redis) => redis.signal('SIGCONT'),
)

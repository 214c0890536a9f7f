import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { patiently } from './patiently.ts'
import type { RedisClient } from './redis-client.ts'
import { LAYOUT } from './redis-keys.ts'
import { PARTITIONS, StoreUnavailable } from './store.ts'

/** Changes with the form of keys and values; `compact-words.ts` is append-only and does not count. */
const LAYOUT_VERSION = `1 ${PARTITIONS}`
const OLDEST = [6, 2] as const
/** Milliseconds between the clocks of gateway and server from which on one of them must be wrong. */
const DRIFT = 30_000

/**
 * Checks the servers once, at opening: throws `StoreUnavailable` where the store cannot work at all, and warns where it may
 * lose what it was given.
 */
export async function verifyRedis(client: RedisClient, clock: Clock, log: Log): Promise<void> {
  const infos = (await patiently(() => client.onMasters('INFO'))).map((info) => parseInfo(String(info)))
  for (const info of infos) {
    const [major = 0, minor = 0] = (info.get('redis_version') ?? '').split('.').map(Number)
    if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
      throw new StoreUnavailable(`Redis ${info.get('redis_version')} is too old: it takes ${OLDEST.join('.')} or later`)
    }
    warnOfLoss(info, log)
  }
  const [seconds] = (await patiently(() => client.onMasters('TIME')))[0] as [unknown]
  const drift = Number(seconds) * 1000 - clock.now()
  if (Math.abs(drift) > DRIFT)
    log.warn({ drift }, 'the clocks of this machine and of Redis differ; that of Redis counts')
  await verifyLayout(client)
}

function warnOfLoss(info: ReadonlyMap<string, string>, log: Log): void {
  const policy = info.get('maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction') {
    log.warn(
      { policy },
      'Redis may drop revocations and notifications when it is full: set maxmemory-policy noeviction',
    )
  }
  if (info.get('aof_enabled') === '0') {
    log.warn({}, 'Redis loses what came after its last snapshot when it stops: set appendonly yes')
  }
}

/** Keys depend on the number of partitions: a gateway that counts differently would not find what others wrote. */
async function verifyLayout(client: RedisClient): Promise<void> {
  await patiently(() => client.call('SET', LAYOUT, LAYOUT_VERSION, 'NX'))
  const found = String(await patiently(() => client.call('GET', LAYOUT)))
  if (found !== LAYOUT_VERSION) {
    throw new StoreUnavailable(`Redis holds data of layout "${found}"; this gateway reads layout "${LAYOUT_VERSION}"`)
  }
}

/** INFO: `name:value` lines under `# headings`. */
function parseInfo(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.includes(':'))
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
}

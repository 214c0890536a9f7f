import type { Instant } from '../core/clock.ts'
import { partOf } from '../core/sliding-window.ts'
import type { RedisClient } from './redis-client.ts'
import { windowNames } from './redis-keys.ts'
import { METER } from './redis-scripts.ts'
import type { MeterAnswer, MeterRequest } from './store.ts'

/**
 * One script for each window, all on their way together. The server says what time it is, because gateways know its time to
 * some milliseconds only, in which a burst would be let through twice; `now` is that of a clock which is moved by hand.
 */
export function meterInRedis(
  client: RedisClient,
  requests: readonly MeterRequest[],
  now: Instant | undefined,
): Promise<readonly MeterAnswer[]> {
  return Promise.all(
    requests.map(async ({ name, rate, per, add, want }) => {
      const args = [now === undefined ? '' : Math.floor(now), per, rate, add, want, partOf(rate)]
      const [granted, count, oldest] = (await client.run(METER, windowNames(name), args)) as [number, number, Buffer]
      const since = String(oldest)
      return { granted, count, ...(since === '' ? {} : { nextFree: Number(since) + per }) }
    }),
  )
}

import { type Clock, systemClock } from '../core/clock.ts'
import { stopwatch } from '../core/stopwatch.ts'
import type { RedisClient } from './redis-client.ts'
import { StoreUnavailable } from './store.ts'

/** A clock that goes as that of the server does. */
export interface ServerClock extends Clock {
  close(): void
}

/** Milliseconds between two comparisons. */
const COMPARE = 5000
/** An answer that took longer than this says too little about the moment it was made at. */
const QUICK = 100
/** Differences below this are how long messages take, not how clocks go. */
const NOTICEABLE = 5

/**
 * The time of the server, which all gateways share: what one issues and another revokes a second later is in that order,
 * however their own clocks are set. In a cluster, it is that of the first master that answers. A clock that is moved by
 * hand is left alone. Rejects with `StoreUnavailable`.
 */
export async function followServer(client: RedisClient, clock: Clock): Promise<ServerClock> {
  if (clock.byHand) return { ...clock, close: () => undefined }
  let offset = (await difference(client, clock)) ?? 0
  let closed = false
  let cancel = (): void => undefined
  const compare = async (): Promise<void> => {
    try {
      const found = await difference(client, clock)
      if (found !== undefined && Math.abs(found - offset) >= NOTICEABLE) offset = found
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error // away: the difference is what it was
    }
    if (!closed) cancel = systemClock.after(COMPARE, () => void compare())
  }
  cancel = systemClock.after(COMPARE, () => void compare())
  return {
    now: () => clock.now() + offset,
    after: clock.after,
    close() {
      closed = true
      cancel()
    },
  }
}

/** Milliseconds that the server is ahead, to half of the time that asking took; undefined when that was long. */
async function difference(client: RedisClient, clock: Clock): Promise<number | undefined> {
  const began = stopwatch()
  const [first] = await client.onMasters('TIME')
  const took = stopwatch() - began
  const [seconds, microseconds] = (first as readonly unknown[]).map(Number)
  const server = (seconds ?? 0) * 1000 + (microseconds ?? 0) / 1000
  return took > QUICK ? undefined : Math.round(server + took / 2 - clock.now())
}

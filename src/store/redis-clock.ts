import { type Clock, systemClock } from '../core/clock.ts'
import { stopwatch } from '../core/stopwatch.ts'
import { patiently } from './patiently.ts'
import type { RedisClient } from './redis-client.ts'

/** A clock that goes as that of the server does. */
export interface ServerClock extends Clock {
  close(): void
}

/** Milliseconds between two comparisons. */
const COMPARE = 5000
/** An answer that took longer than this says too little about the moment it was made at to correct what is known. */
const QUICK = 100
/** How often the server is asked at opening for a quick answer: until the first one nothing is known. */
const QUESTIONS = 5
/** Differences below this are how long messages take, not how clocks go. */
const NOTICEABLE = 5

/**
 * The time of the server, which all gateways share: what one issues and another revokes a second later is in that order,
 * however their own clocks are set. In a cluster, it is that of the first master that answers. A clock that is moved by
 * hand is left alone. Rejects with `StoreUnavailable`.
 */
export async function followServer(client: RedisClient, clock: Clock): Promise<ServerClock> {
  if (clock.byHand) return { ...clock, close: () => undefined }
  let offset = await firstOffset(client, clock)
  let closed = false
  let cancel = (): void => undefined
  const compare = async (): Promise<void> => {
    try {
      const { ahead, took } = await difference(client, clock)
      if (took <= QUICK && Math.abs(ahead - offset) >= NOTICEABLE) offset = ahead
    } catch {
      // Away, or not as it should be, of which every other call tells: the difference is what it was.
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

/** Both in milliseconds. */
interface Difference {
  /** By how much the server is ahead, to half of `took`. */
  readonly ahead: number
  /** How long asking took. */
  readonly took: number
}

/** What the quickest of a few answers says; where it took long, only what it says for certain: that the clocks differ. */
async function firstOffset(client: RedisClient, clock: Clock): Promise<number> {
  const ask = () => patiently(() => difference(client, clock))
  let best = await ask()
  for (let asked = 1; best.took > QUICK && asked < QUESTIONS; asked++) {
    const next = await ask()
    if (next.took < best.took) best = next
  }
  const { ahead, took } = best
  return took <= QUICK || Math.abs(ahead) > took / 2 ? ahead : 0
}

async function difference(client: RedisClient, clock: Clock): Promise<Difference> {
  const began = stopwatch()
  const [first] = await client.onMasters('TIME')
  const took = stopwatch() - began
  const [seconds, microseconds] = (first as readonly unknown[]).map(Number)
  const server = (seconds ?? 0) * 1000 + (microseconds ?? 0) / 1000
  return { ahead: Math.round(server + took / 2 - clock.now()), took }
}

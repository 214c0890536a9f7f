import type { Instant } from '../../core/clock.ts'
import type { SigningKeyRecord, SigningRing } from '../records/signing-key.ts'

const DAY = 86_400_000

/** How long a key signs, how long before that it is announced, and how long after that it is still published (ms). */
export const SIGNS_FOR = 90 * DAY
export const ANNOUNCED_FOR = 14 * DAY
/** No JWT lives longer, so that none outlives the publication of its key. */
export const RETIRED_FOR = 30 * DAY

export type KeyState = 'announced' | 'active' | 'retired'
export type MakeKey = (activeAt: Instant) => SigningKeyRecord

/** The key that signs now: the last one whose time has come. */
export function activeKey({ keys }: SigningRing, now: Instant): SigningKeyRecord | undefined {
  return keys.findLast((key) => key.activeAt <= now)
}

export function stateOf(key: SigningKeyRecord, ring: SigningRing, now: Instant): KeyState {
  if (key.activeAt > now) return 'announced'
  return activeKey(ring, now)?.kid === key.kid ? 'active' : 'retired'
}

/**
 * The ring as it should be at `now`: with a key that signs, its successor announced in time, and without keys of which no
 * token can be left. The same object when there is nothing to do. A successor signs only after it was announced for the
 * whole of its time, however late that was begun: whoever checks tokens has seen it by then.
 */
export function advanced(ring: SigningRing, now: Instant, make: MakeKey): SigningRing {
  const kept = ring.keys.filter((_, index) => {
    const successor = ring.keys[index + 1]
    return successor === undefined || now < successor.activeAt + RETIRED_FOR
  })
  const active = activeKey(ring, now)
  if (!active) return { keys: [make(now), ...kept] }
  const announced = kept.some((key) => key.activeAt > now)
  if (!announced && now >= active.activeAt + SIGNS_FOR - ANNOUNCED_FOR) {
    return { keys: [...kept, make(Math.max(now + ANNOUNCED_FOR, active.activeAt + SIGNS_FOR))] }
  }
  return kept.length === ring.keys.length ? ring : { keys: kept }
}

/** Another key signs from now on: the one that was announced, else a new one. */
export function rotatedNow(ring: SigningRing, now: Instant, make: MakeKey): SigningRing {
  const earlier = ring.keys.filter((key) => key.activeAt <= now)
  const next = ring.keys.find((key) => key.activeAt > now)
  return { keys: [...earlier, next ? { ...next, activeAt: now } : make(now)] }
}

/** Without a key that is no longer to be trusted; if it signed, another one does from now on. */
export function without(ring: SigningRing, kid: string, now: Instant, make: MakeKey): SigningRing {
  const wasActive = activeKey(ring, now)?.kid === kid
  const rest = { keys: ring.keys.filter((key) => key.kid !== kid) }
  return wasActive ? rotatedNow(rest, now, make) : rest
}

import type { KeyObject } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import { lru } from '../../core/lru.ts'
import type { Vault } from '../../core/vault.ts'
import type { Entry, Store } from '../../store/store.ts'
import { OAuthError } from '../errors.ts'
import { SIGNING_RING, type SigningRing } from '../records/signing-key.ts'
import { grantOfJwt, kidIn, looksLikeJwt, type Signer } from '../tokens/jwt-access-token.ts'
import { concern, createMarkedCache } from '../tokens/marked-cache.ts'
import { MARK } from '../tokens/marks.ts'
import { newSigningKey, privateKeyOf, publicKeyOf } from './es256-key.ts'
import { activeKey, advanced, type MakeKey, rotatedNow, without } from './ring.ts'

/** The keys that sign JWT access tokens, shared by all gateways on a store. Everything throws `StoreUnavailable`. */
export interface SigningKeys {
  /** The ring as it should be now; keys are made, announced and dropped by whoever looks first. */
  ring(): Promise<SigningRing>
  /** What signs now. */
  signer(): Promise<Signer>
  /** The grant id in a JWT that one of the keys has signed; undefined for any other text. */
  grantOf(token: string): Promise<string | undefined>
  /** Lets another key sign from now on; what the old one has signed stays good. */
  rotate(): Promise<SigningRing>
  /** Forgets a key: what it has signed is no longer good anywhere. False when there is no such key. */
  remove(kid: string): Promise<boolean>
  close(): void
}

const RING = 'ring'
const TTL = 60_000
const ATTEMPTS = 10
const OPEN_KEYS = 64
/** Keys that nobody of us has made are looked for in the store at most so often (milliseconds). */
const UNKNOWN_PAUSE = 1000

type Change = (ring: SigningRing, now: number, make: MakeKey) => SigningRing

export function createSigningKeys(deps: {
  readonly store: Store
  readonly clock: Clock
  readonly vault: Vault
}): SigningKeys {
  const { store, clock, vault } = deps
  const cache = createMarkedCache<SigningRing>({ store, clock, capacity: 1, ttl: TTL })
  const opened = lru<string, KeyObject>(OPEN_KEYS)
  const makeAt =
    (now: number): MakeKey =>
    (activeAt) =>
      newSigningKey(vault, now, activeAt)

  const amended = async (change: Change): Promise<SigningRing> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const since = cache.begin()
      const [entry] = await store.get([SIGNING_RING])
      const now = clock.now()
      const before = entry?.value ?? { keys: [] }
      const after = change(before, now, makeAt(now))
      if (after !== before && !(await stored(after, entry, now))) continue
      if (after === before) remember(after, since)
      return after
    }
    throw new OAuthError('temporarily_unavailable', 'The signing keys are being changed.', {
      headers: { 'retry-after': '1' },
    })
  }
  const stored = async (ring: SigningRing, entry: Entry<SigningRing> | undefined, now: number): Promise<boolean> => {
    const outcome = await store.commit({
      partition: SIGNING_RING.partition,
      guards: [{ key: SIGNING_RING, version: entry?.version ?? 0 }],
      writes: [{ op: 'put', key: SIGNING_RING, value: ring }],
      marks: [{ topic: MARK.keys, id: RING, at: now }],
    })
    return outcome.ok
  }
  const remember = (ring: SigningRing, since: number): void =>
    cache.put(RING, ring, { since, until: Number.POSITIVE_INFINITY, concerns: [concern(MARK.keys, RING)] })

  const ring = async (): Promise<SigningRing> => {
    const known = cache.get(RING)
    return known && !isDue(known, clock.now()) ? known : amended(advanced)
  }
  const open = (name: string, make: () => KeyObject): KeyObject => {
    const key = opened.get(name) ?? make()
    opened.set(name, key)
    return key
  }
  const keyIn =
    ({ keys }: SigningRing) =>
    (kid: string): KeyObject | undefined => {
      const record = keys.find((key) => key.kid === kid)
      return record && open(`public:${kid}`, () => publicKeyOf(record))
    }
  let lookedAt = Number.NEGATIVE_INFINITY
  return {
    ring,
    async signer() {
      const record = activeKey(await ring(), clock.now())
      if (!record) throw new TypeError('a ring always has a key that signs')
      return { kid: record.kid, key: open(`private:${record.kid}`, () => privateKeyOf(record, vault)) }
    },
    async grantOf(token) {
      const kid = looksLikeJwt(token) ? kidIn(token.slice(0, token.indexOf('.'))) : undefined
      if (kid === undefined) return undefined
      let known = await ring()
      if (!known.keys.some((key) => key.kid === kid) && clock.now() - lookedAt >= UNKNOWN_PAUSE) {
        lookedAt = clock.now()
        known = await amended(advanced)
      }
      return grantOfJwt(token, keyIn(known))
    },
    rotate: () => amended(rotatedNow),
    async remove(kid) {
      if (!(await ring()).keys.some((key) => key.kid === kid)) return false
      await amended((before, now, make) => without(before, kid, now, make))
      return true
    },
    close: cache.close,
  }
}

/** Whether `advanced` would change the ring. Asked at every use, so it makes no key for that. */
function isDue(ring: SigningRing, now: number): boolean {
  const notMade = { kid: '', x: '', y: '', sealed: '', createdAt: now }
  return advanced(ring, now, (activeAt) => ({ ...notMade, activeAt })) !== ring
}

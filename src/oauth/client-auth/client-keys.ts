import type { JWK } from 'jose'
import { z } from 'zod'
import type { Clock, Instant } from '../../core/clock.ts'
import { lru } from '../../core/lru.ts'
import { type Outbound, OutboundError, type OutboundResponse } from '../../outbound/outbound.ts'
import { OAuthError } from '../errors.ts'
import type { ClientRecord } from '../records/client.ts'

/** Public keys of clients that authenticate by signed assertions. */
export interface ClientKeys {
  /**
   * The keys of a client; those at its `jwks_uri` are kept for a while, and asked for anew when `kid` is not among them.
   * Throws `temporarily_unavailable` when they cannot be had: no answer is not a no.
   */
  of(client: Pick<ClientRecord, 'jwks' | 'jwksUri'>, kid: string | undefined): Promise<readonly JWK[]>
}

/** A key set may have this many keys; more are not looked at. */
export const MAX_KEYS = 16
const KEPT_FOR = 5 * 60_000
/** A set is not asked for again before this time, whatever `kid` somebody makes up, and not either after a failure. */
const PAUSE = 30_000
/** While a set cannot be had, the one before is believed this long: a server that is away for a moment ends no client's work. */
const STALE_FOR = 60 * 60_000
const CAPACITY = 1000
const TIMEOUT = 5000
const MAX_BYTES = 64 * 1024

interface Held {
  readonly askedAt: Instant
  /** Whether that gave a key set. */
  readonly answered: boolean
  /** The last that were had, at `gotAt`; none when that was never, or long ago. */
  readonly keys: readonly JWK[]
  readonly gotAt: Instant
}

export function createClientKeys(deps: { readonly outbound: Outbound; readonly clock: Clock }): ClientKeys {
  const { outbound, clock } = deps
  const held = lru<string, Held>(CAPACITY)
  const underway = new Map<string, Promise<Held>>()

  const fetched = (uri: string): Promise<Held> => {
    const known = underway.get(uri)
    if (known) return known
    const asking = ask(uri, outbound)
      .then((keys) => {
        const answer = heldAfter(held.get(uri), keys, clock.now())
        held.set(uri, answer)
        return answer
      })
      .finally(() => underway.delete(uri))
    underway.set(uri, asking)
    return asking
  }
  return {
    async of({ jwks, jwksUri }, kid) {
      if (jwksUri === undefined) return (jwks?.keys ?? []) as readonly JWK[]
      const known = held.get(jwksUri)
      const { keys, answered } = known && isGoodFor(known, kid, clock.now()) ? known : await fetched(jwksUri)
      if (answered || has(keys, kid)) return keys
      throw new OAuthError('temporarily_unavailable', 'The keys of the client cannot be had at the moment.', {
        headers: { 'retry-after': '30' },
        reason: 'a jwks_uri gave no key set',
      })
    },
  }
}

function heldAfter(known: Held | undefined, keys: readonly JWK[] | undefined, now: Instant): Held {
  if (keys) return { askedAt: now, answered: true, keys, gotAt: now }
  const isFresh = known !== undefined && now - known.gotAt < STALE_FOR
  return { askedAt: now, answered: false, keys: isFresh ? known.keys : [], gotAt: known?.gotAt ?? now }
}

const has = (keys: readonly JWK[], kid: string | undefined): boolean =>
  keys.length > 0 && (kid === undefined || keys.some((key) => key.kid === kid))

function isGoodFor({ askedAt, keys, gotAt }: Held, kid: string | undefined, now: Instant): boolean {
  return now - askedAt < PAUSE || (has(keys, kid) && now - gotAt < KEPT_FOR)
}

/** Other members than these say nothing about how a signature is checked. */
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().optional() })) })

/** The URL was named by whoever registered the client: it is called like a stranger's, at public addresses only. */
async function ask(uri: string, outbound: Outbound): Promise<readonly JWK[] | undefined> {
  const headers = { accept: 'application/jwk-set+json, application/json' }
  try {
    const asked = { method: 'GET', url: uri, headers, timeout: TIMEOUT, maxBytes: MAX_BYTES } as const
    return readKeySet(await outbound.request({ ...asked, chosenBy: 'stranger' }))
  } catch (error) {
    if (error instanceof OutboundError) return undefined
    throw error
  }
}

function readKeySet({ status, body, truncated }: OutboundResponse): readonly JWK[] | undefined {
  if (status !== 200 || truncated) return undefined
  try {
    const parsed = keySet.safeParse(JSON.parse(body))
    return parsed.success ? (parsed.data.keys.slice(0, MAX_KEYS) as JWK[]) : undefined
  } catch {
    return undefined // not JSON: as good as no answer
  }
}

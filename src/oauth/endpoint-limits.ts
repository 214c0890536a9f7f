import type { Api } from '../api/api.ts'
import { callerNetwork } from '../outbound/caller-network.ts'
import { OAuthError } from './errors.ts'
import type { ClientRecord } from './records/client.ts'

/** At most so many requests within any window of `per` milliseconds. */
interface Rate {
  readonly rate: number
  readonly per: number
}

interface Counted {
  readonly allowed: boolean
  /** Milliseconds until there is more room. */
  readonly resetIn: number
}

/** Counts requests under keys; the gateway's limiter is one. Rejects with `StoreUnavailable`. */
export interface RateCounter {
  take(key: string, limit: Rate): Counted | Promise<Counted>
}

/**
 * How often the endpoints of an API may be asked. Whoever has proven to be a client is counted as that client; all others
 * by where they come from, because an id that anybody can name must not lock out whom it belongs to.
 * All throw 429 with `Retry-After`, and `StoreUnavailable`.
 */
export interface EndpointLimits {
  fromAddress(address: string, api: Api): Promise<void>
  fromClient(client: ClientRecord, address: string, api: Api): Promise<void>
  /** Of an identity server’s key, at all its APIs together. */
  fromKey(keyId: string, perMinute: number): Promise<void>
}

export function createEndpointLimits(counter: RateCounter): EndpointLimits {
  const count = async (who: readonly string[], limit: Rate): Promise<void> => {
    const counted = counter.take(`oauth:${JSON.stringify(who)}`, limit)
    const { allowed, resetIn } = counted instanceof Promise ? await counted : counted
    if (!allowed) throw tooManyRequests(resetIn)
  }
  const take = async (kind: 'client' | 'address', who: readonly string[], api: Api): Promise<void> => {
    const limit = api.authentication.endpointLimits?.[kind]
    if (limit) await count([kind, api.id, ...who], limit)
  }
  return {
    fromKey: (keyId, perMinute) => count(['key', keyId], { rate: perMinute, per: 60_000 }),
    fromAddress: (address, api) => take('address', [callerNetwork(address)], api),
    async fromClient({ clientId, type }, address, api) {
      if (type === 'confidential') return take('client', [clientId], api)
      const network = callerNetwork(address)
      await take('address', [network], api)
      await take('client', [clientId, network], api)
    },
  }
}

/** `wait`: milliseconds. */
function tooManyRequests(wait: number): OAuthError {
  return new OAuthError('temporarily_unavailable', 'Too many requests. Try again later.', {
    status: 429,
    headers: { 'retry-after': String(Math.max(1, Math.ceil(wait / 1000))) },
  })
}

import type { Clock } from '../../core/clock.ts'
import { sha256 } from '../../core/digest.ts'
import { lru } from '../../core/lru.ts'
import type { Key, Store } from '../../store/store.ts'
import type { Client } from '../clients/client.ts'
import type { ClientDirectory } from '../clients/client-directory.ts'
import { outlives } from '../clients/outlives.ts'
import { consumerNames } from '../consumers/consumer-names.ts'
import { narrowed } from '../policies/rights-of.ts'
import { type AccessTokenRecord, accessTokenKey, tokenId } from '../records/access-token.ts'
import { type GrantRecord, grantKey, grantPartition } from '../records/grant.ts'
import type { SigningKeys } from '../signing/signing-keys.ts'
import type { AccessTokens } from './access-tokens.ts'
import { grantOfAccessToken } from './grant-of-access-token.ts'
import { concern, createMarkedCache } from './marked-cache.ts'
import { MARK } from './marks.ts'
import type { Principal } from './principal.ts'
import { NO_RIGHTS } from './rights.ts'

/** For how long a token that is not good is remembered as such (milliseconds): it will never become good. */
const REFUSED_FOR = 1000
const REFUSED_CAPACITY = 4096

/**
 * Access tokens, looked up in a bounded memory first. `cacheSize`: tokens; `cacheTtl`: milliseconds after which a token
 * is looked up again even if nothing was heard of it.
 */
export function createAccessTokens(options: {
  readonly store: Store
  readonly clock: Clock
  readonly clients: ClientDirectory
  readonly signing: Pick<SigningKeys, 'grantOf'>
  readonly cacheSize: number
  readonly cacheTtl?: number
}): AccessTokens {
  const { store, clock, clients, signing, cacheSize, cacheTtl = 10_000 } = options
  const cache = createMarkedCache<Principal>({ store, clock, capacity: cacheSize, ttl: cacheTtl })
  const refused = lru<string, number>(REFUSED_CAPACITY)
  const underway = new Map<string, Promise<Principal | undefined>>()

  const load = async (digest: string, grantId: string, since: number): Promise<Principal | undefined> => {
    const live = await readLive(store, clients, clock, digest, grantId)
    if (!live) {
      refused.set(digest, clock.now() + REFUSED_FOR)
      return undefined
    }
    const { record, client } = live
    const principal = principalOf(record, client)
    cache.put(digest, principal, { since, until: record.expiresAt, concerns: concernsOf(record, client) })
    return principal
  }
  /** Many requests with one token that is not in memory cause one look-up, except one that begins after a mark was heard. */
  const loadOnce = (digest: string, grantId: string, since: number): Promise<Principal | undefined> => {
    const key = `${digest} ${since}`
    const known = underway.get(key)
    if (known) return known
    const loading = load(digest, grantId, since).finally(() => underway.delete(key))
    underway.set(key, loading)
    return loading
  }
  return {
    peek: (token) => cache.get(sha256(token)),
    async find(token) {
      const digest = sha256(token)
      const known = cache.get(digest)
      if (known) return known
      const since = cache.begin()
      const grantId = await grantOfAccessToken(token, signing)
      if (grantId === undefined) return undefined
      if (clock.now() < (refused.get(digest) ?? 0)) return undefined
      return loadOnce(digest, grantId, since)
    },
    counts: cache.counts,
    close: cache.close,
  }
}

/** The record of a token and its client, if nothing at all speaks against the token. */
async function readLive(store: Store, clients: ClientDirectory, clock: Clock, digest: string, grantId: string) {
  const keys: Key<AccessTokenRecord | GrantRecord>[] = [
    accessTokenKey(grantPartition(grantId), digest),
    grantKey(grantId),
  ]
  const [token, grant] = await store.get(keys)
  const record = token?.value as AccessTokenRecord | undefined
  if (!record || record.digest !== digest || record.expiresAt <= clock.now()) return undefined
  const family = grant?.value as GrantRecord | undefined
  if (record.grantId !== undefined && (!family || family.revoked)) return undefined
  const client = await clients.find(record.clientId)
  const at = Math.min(record.issuedAt, family?.createdAt ?? record.issuedAt)
  return client && outlives({ api: record.api, at }, client) ? { record, client } : undefined
}

function concernsOf(record: AccessTokenRecord, client: Client): readonly string[] {
  const concerns = [concern(MARK.token, record.digest), concern(MARK.client, record.clientId)]
  for (const id of client.policies) concerns.push(concern(MARK.policy, id))
  if (record.jti !== undefined) concerns.push(concern(MARK.keys, 'ring')) // its key may have been removed
  if (client.consumer) concerns.push(concern(MARK.consumer, client.consumer.id))
  if (record.grantId !== undefined) concerns.push(concern(MARK.grant, record.grantId))
  if (record.subject !== undefined) concerns.push(concern(MARK.subject, `${record.api}:${record.subject}`))
  return concerns
}

function principalOf(record: AccessTokenRecord, client: Client): Principal {
  const rights = client.rights || record.session ? narrowed(client.rights ?? NO_RIGHTS, record.session) : undefined
  const allowed = rights?.scopes
  return {
    clientId: record.clientId,
    ...(record.subject === undefined ? {} : { subject: record.subject }),
    ...(client.consumer ? { consumer: consumerNames(client.consumer) } : {}),
    scope: new Set(allowed ? record.scope.filter((scope) => allowed.has(scope)) : record.scope),
    api: record.api,
    scheme: record.scheme,
    apis: client.apis,
    ...(record.grantId === undefined ? {} : { grantId: record.grantId }),
    tokenId: tokenId(record.digest),
    ...(record.jti === undefined ? {} : { jti: record.jti }),
    policies: client.policies,
    ...(rights === undefined ? {} : { rights }),
    metadata: { ...rights?.metadata, ...client.metadata, ...record.metadata },
    issuedAt: record.issuedAt,
    expiresAt: record.expiresAt,
  }
}

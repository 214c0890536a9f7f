import type { Instant } from '../../core/clock.ts'
import { sha256 } from '../../core/digest.ts'
import type { Random } from '../../core/random.ts'
import type { TokenEvent } from '../../notify/event.ts'
import type { Partition, Write } from '../../store/store.ts'
import type { Authorization } from '../grants/authorization.ts'
import { type AccessTokenRecord, accessTokenKey, tokenId, tokensOfClient } from '../records/access-token.ts'
import { grantPartition } from '../records/grant.ts'
import { mintToken } from '../tokens/token-format.ts'

export interface NewAccessToken {
  readonly token: string
  readonly record: AccessTokenRecord
  readonly partition: Partition
  readonly writes: readonly Write[]
  /** What is told of it, but for its `type` and the credentials that others add. */
  readonly told: Omit<TokenEvent, 'type'>
}

/** A new access token: its record under its digest, and its place in the list of the client's tokens. */
export function newAccessToken(
  authorization: Authorization,
  grantId: string,
  random: Random,
  now: Instant,
): NewAccessToken {
  const token = mintToken('access', grantId, random)
  const digest = sha256(token)
  const partition = grantPartition(grantId)
  const record = accessTokenRecord(authorization, grantId, digest, now)
  const { expiresAt } = record
  const index = tokensOfClient(record.clientId)
  return {
    token,
    record,
    partition,
    writes: [
      { op: 'put', key: accessTokenKey(partition, digest), value: record, expiresAt },
      { op: 'index', index, member: `${partition}.${digest}`, sort: now, expiresAt },
    ],
    told: toldOf(record, token, now),
  }
}

function accessTokenRecord(
  { api, scheme, client, subject, scope, grantType, metadata, family }: Authorization,
  grantId: string,
  digest: string,
  now: Instant,
): AccessTokenRecord {
  return {
    digest,
    api: api.id,
    scheme: scheme.name,
    clientId: client.clientId,
    ...(subject === undefined ? {} : { subject }),
    scope,
    grantType,
    ...(family.kind === 'none' ? {} : { grantId }),
    metadata,
    issuedAt: now,
    expiresAt: now + scheme.settings.accessTokenLifetime,
  }
}

function toldOf(record: AccessTokenRecord, token: string, now: Instant): Omit<TokenEvent, 'type'> {
  return {
    at: now,
    api: record.api,
    scheme: record.scheme,
    clientId: record.clientId,
    ...(record.subject === undefined ? {} : { user: record.subject }),
    scope: record.scope,
    grantType: record.grantType,
    ...(record.grantId === undefined ? {} : { grantId: record.grantId }),
    tokenId: tokenId(record.digest),
    expiresAt: record.expiresAt,
    accessToken: token,
  }
}

import type { Instant } from '../../core/clock.ts'
import { sha256 } from '../../core/digest.ts'
import type { TokenEvent } from '../../notify/event.ts'
import type { Partition, Write } from '../../store/store.ts'
import type { Authorization } from '../grants/authorization.ts'
import { type AccessTokenRecord, accessTokenKey, tokenId, tokensOfClient } from '../records/access-token.ts'
import { grantPartition } from '../records/grant.ts'
import { type AccessTokenClaims, jwtId, signAccessToken } from '../tokens/jwt-access-token.ts'
import { mintToken } from '../tokens/token-format.ts'
import { lifetimesOf } from './lifetimes.ts'
import type { PlanServices } from './plan.ts'

export interface NewAccessToken {
  readonly token: string
  readonly record: AccessTokenRecord
  readonly partition: Partition
  readonly writes: readonly Write[]
  /** What is told of it, but for its `type` and the credentials that others add. */
  readonly told: Omit<TokenEvent, 'type'>
}

/** A new access token, opaque or, with a signer, a JWT: its record under its digest, and its place in the list of the client's tokens. */
export function newAccessToken(
  authorization: Authorization,
  grantId: string,
  { random, signer }: Pick<PlanServices, 'random' | 'signer'>,
  now: Instant,
): NewAccessToken {
  const expiresAt = now + lifetimesOf(authorization.scheme, authorization.client).accessToken
  const jti = signer && jwtId(grantId, random(16))
  const token =
    signer && jti !== undefined
      ? signAccessToken(claimsOf(authorization, jti, now, expiresAt), signer)
      : mintToken('access', grantId, random)
  const digest = sha256(token)
  const partition = grantPartition(grantId)
  const record = { ...accessTokenRecord(authorization, grantId, digest, now, expiresAt), ...(jti ? { jti } : {}) }
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
  { api, scheme, client, subject, scope, grantType, metadata, session, family }: Authorization,
  grantId: string,
  digest: string,
  now: Instant,
  expiresAt: Instant,
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
    ...(session === undefined ? {} : { session }),
    issuedAt: now,
    expiresAt,
  }
}

/** RFC 9068 §2.2: who issued the token to whom, and for which API. A client that acts for itself is its own subject. */
function claimsOf(
  { api, client, subject, scope }: Authorization,
  jti: string,
  now: Instant,
  expiresAt: Instant,
): AccessTokenClaims {
  return {
    iss: api.issuer,
    aud: api.issuer,
    sub: subject ?? client.clientId,
    client_id: client.clientId,
    iat: Math.floor(now / 1000),
    exp: Math.floor(expiresAt / 1000),
    jti,
    ...(scope.length === 0 ? {} : { scope: scope.join(' ') }),
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

import type { Api } from '../../api/api.ts'
import { sha256 } from '../../core/digest.ts'
import { FOREVER } from '../../core/duration.ts'
import { backChannelAnswer } from '../answer.ts'
import { authenticateClient } from '../client-auth/authenticate-client.ts'
import { outlives } from '../clients/outlives.ts'
import { OAuthError } from '../errors.ts'
import type { OAuthRequest, OAuthResponse } from '../http.ts'
import { lifetimesOf } from '../issue/lifetimes.ts'
import { grantKey } from '../records/grant.ts'
import type { OAuthServices } from '../services.ts'
import { readRefreshToken, tokenKind } from '../tokens/token-format.ts'
import { postedParameters } from './posted-parameters.ts'

/**
 * RFC 7662: whether a token of this API is good, asked by a confidential client of this API. Whatever is not good, or
 * not for this API, is `active: false` and nothing else. Throws `OAuthError` and `StoreUnavailable`.
 */
export async function introspectEndpoint(
  request: OAuthRequest,
  api: Api,
  services: OAuthServices,
): Promise<OAuthResponse> {
  const parameters = postedParameters(request)
  const caller = await authenticateClient(request, api, services)
  if (caller.type !== 'confidential') {
    throw new OAuthError('unauthorized_client', 'Only confidential clients may introspect tokens.')
  }
  const token = parameters.get('token')
  if (token === undefined) throw new OAuthError('invalid_request', 'The token is missing.')
  const isRefresh = tokenKind(token) === 'refresh'
  const claims = isRefresh ? await refreshClaims(token, api, services) : await accessClaims(token, api, services)
  return backChannelAnswer(200, claims ?? { active: false })
}

async function accessClaims(token: string, api: Api, { accessTokens }: OAuthServices) {
  const principal = accessTokens.peek(token) ?? (await accessTokens.find(token))
  if (!principal || principal.api !== api.id) return undefined
  const { scope, clientId, subject, expiresAt, issuedAt, tokenId, jti = tokenId } = principal
  return {
    active: true,
    ...scopeMember([...scope]),
    client_id: clientId,
    ...(subject === undefined ? {} : { sub: subject, username: subject }),
    token_type: 'bearer',
    exp: isForever(issuedAt, expiresAt) ? undefined : seconds(expiresAt),
    iat: seconds(issuedAt),
    aud: api.issuer,
    iss: api.issuer,
    jti,
  }
}

/** A refresh token has no token type of its own (§2.2 speaks of access token types). */
async function refreshClaims(token: string, api: Api, { store, vault, clock, clients }: OAuthServices) {
  const genuine = readRefreshToken(token, vault)
  if (!genuine) return undefined
  const [entry] = await store.get([grantKey(genuine.grantId)])
  const grant = entry?.value
  if (!grant?.refresh || grant.revoked || grant.api !== api.id) return undefined
  if (grant.refresh.current !== sha256(token)) return undefined
  const scheme = api.securitySchemes.get(grant.scheme)
  if (scheme?.kind !== 'issuer' || !scheme.settings.refreshToken) return undefined
  const owner = await clients.find(grant.clientId)
  if (!owner || !outlives({ api: api.id, at: grant.createdAt }, owner)) return undefined
  const idle = lifetimesOf(scheme, owner).refreshTokenIdle
  const ends = Math.min(grant.expiresAt, idle === undefined ? grant.expiresAt : grant.refresh.issuedAt + idle)
  if (ends <= clock.now()) return undefined
  return {
    active: true,
    ...scopeMember(grant.scope),
    client_id: grant.clientId,
    sub: grant.subject,
    username: grant.subject,
    exp: isForever(grant.createdAt, ends) ? undefined : seconds(ends),
    iat: seconds(grant.refresh.issuedAt),
    aud: api.issuer,
    iss: api.issuer,
  }
}

const scopeMember = (scope: readonly string[]) => (scope.length === 0 ? {} : { scope: scope.join(' ') })

const isForever = (from: number | undefined, until: number | undefined): boolean =>
  from !== undefined && until !== undefined && until - from >= FOREVER

const seconds = (instant: number | undefined): number | undefined =>
  instant === undefined ? undefined : Math.floor(instant / 1000)

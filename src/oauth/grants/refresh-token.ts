import type { IssuerScheme } from '../../api/api.ts'
import { sha256 } from '../../core/digest.ts'
import type { Entry } from '../../store/store.ts'
import { outlives } from '../clients/outlives.ts'
import { OAuthError } from '../errors.ts'
import { openAnswer } from '../issue/grace-answer.ts'
import { lifetimesOf } from '../issue/lifetimes.ts'
import { underSession } from '../policies/under-session.ts'
import { type GrantRecord, grantKey, type RefreshState } from '../records/grant.ts'
import { revokeGrant } from '../revocation/revoke-grant.ts'
import { isSubset, parseScope, stillAllowed } from '../scope.ts'
import type { OAuthServices } from '../services.ts'
import { readRefreshToken } from '../tokens/token-format.ts'
import type { TokenAnswer } from './authorization.ts'
import { authorized, type Grant, type GrantRequest } from './grant.ts'

/** RFC 6749 §6, with rotation and replay detection as RFC 9700 §4.14.2 wants them. */
export const refreshToken: Grant = {
  grantType: 'refresh_token',
  parameters: ['refresh_token', 'scope'],
  flow: undefined,
  publicClients: true,
  async authorize(request, services) {
    const presented = request.parameter('refresh_token')
    if (presented === undefined) throw new OAuthError('invalid_request', 'The refresh_token is missing.')
    const { entry, refresh, scheme, generation } = await ownGrant(presented, request, services)
    const grant = entry.value
    const scope = narrowed(request, scheme, grant) // before anything is consumed
    const digest = sha256(presented)
    if (digest !== refresh.current) {
      const answer = answerInGrace(presented, digest, refresh, scheme, grant.id, services.clock.now())
      if (answer) return { kind: 'answered', answer: withinScope(answer, scope) }
      // Older than the one that is valid: it was used, and now somebody uses it again. A newer one can only come from
      // a store that lost its last writes; that is no theft.
      if (generation <= refresh.generation) await revokeGrant(grant.id, 'refresh_replay', services)
      throw invalidToken()
    }
    const idle = lifetimesOf(scheme, request.client).refreshTokenIdle
    if (idle !== undefined && services.clock.now() >= refresh.issuedAt + idle) throw invalidToken()
    return authorized({
      api: request.api,
      scheme,
      client: underSession(request.client, grant.session, scheme),
      subject: grant.subject,
      scope,
      grantType: grant.grantType,
      metadata: grant.metadata,
      ...(grant.session === undefined ? {} : { session: grant.session }),
      family: { kind: 'refresh', grant: entry, presented },
    })
  },
}

/** The live grant that a genuine refresh token of this client belongs to, here. */
async function ownGrant(
  presented: string,
  { api, schemes, client }: GrantRequest,
  { store, vault, clock }: OAuthServices,
): Promise<{
  readonly entry: Entry<GrantRecord>
  readonly refresh: RefreshState
  readonly scheme: IssuerScheme
  readonly generation: number
}> {
  const genuine = readRefreshToken(presented, vault)
  if (!genuine) throw invalidToken()
  const [entry] = await store.get([grantKey(genuine.grantId)])
  const grant = entry?.value
  if (!entry || !grant?.refresh || grant.revoked || grant.expiresAt <= clock.now()) throw invalidToken()
  if (grant.clientId !== client.clientId || grant.api !== api.id) throw invalidToken()
  const scheme = schemes.find((candidate) => candidate.name === grant.scheme)
  if (!scheme || !outlives({ api: api.id, at: grant.createdAt }, client)) throw invalidToken()
  return { entry, refresh: grant.refresh, scheme, generation: genuine.generation }
}

/** §6: at most what was granted, and of that only what the scheme still declares and the client may still have. */
function narrowed({ client, parameter }: GrantRequest, scheme: IssuerScheme, grant: GrantRecord): readonly string[] {
  const allowed = stillAllowed(grant.scope, scheme, client)
  const named = parseScope(parameter('scope') ?? '')
  if (named.length === 0) return allowed
  if (!isSubset(named, allowed)) throw new OAuthError('invalid_scope', 'The scope exceeds what was granted.')
  return named
}

/** For a moment the token that was just used gets the same answer again, for a client that lost it. */
function answerInGrace(
  presented: string,
  digest: string,
  { previous }: RefreshState,
  scheme: IssuerScheme,
  grantId: string,
  now: number,
): TokenAnswer | undefined {
  if (!previous || previous.digest !== digest) return undefined
  if (now >= previous.usedAt + scheme.settings.refreshTokenGrace) return undefined
  return openAnswer(previous.answer, presented, grantId)
}

function withinScope(answer: TokenAnswer, scope: readonly string[]): TokenAnswer {
  if (isSubset(parseScope(answer.scope ?? ''), scope)) return answer
  throw new OAuthError('invalid_scope', 'A repeated refresh must ask for the same scope.')
}

/** One answer for all: forged, unknown, expired, used, revoked, or another client's. */
const invalidToken = (): OAuthError =>
  new OAuthError('invalid_grant', 'The refresh_token is invalid, expired or revoked.')

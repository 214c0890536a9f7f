import { sha256 } from '../../core/digest.ts'
import { Problem } from '../../core/problem.ts'
import type { Commit } from '../../store/store.ts'
import type { TokenAnswer } from '../grants/authorization.ts'
import { issue } from '../issue/issue.ts'
import { underSession } from '../policies/under-session.ts'
import { type AuthorizationCodeRecord, codeKey } from '../records/authorization-code.ts'
import { grantPartition } from '../records/grant.ts'
import type { SessionRules } from '../records/policy.ts'
import type { OAuthServices } from '../services.ts'
import { mintToken } from '../tokens/token-format.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { GRANT_OF } from './offers.ts'
import { pkceRequired } from './pkce.ts'
import { withParameters } from './redirect-url.ts'

/** What the resource owner has agreed to. */
export interface Consent {
  readonly subject: string
  readonly scope: readonly string[]
  /** Kept with the grant; merged over the client's own. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly session?: SessionRules
}

/** What the identity server sends the browser back with. */
export interface AuthorizationAnswer {
  readonly redirectTo: string
  readonly code?: string
  /** With `response_type=token`. */
  readonly token?: TokenAnswer
}

/** The new grant, and what must hold and change in the same commit, so that a challenge is answered once. */
export interface GrantPlace {
  readonly grantId: string
  readonly consume: Required<Pick<Commit, 'guards' | 'writes'>>
}

export type AnswerServices = Pick<OAuthServices, 'store' | 'clock' | 'random' | 'vault' | 'announcer' | 'signing'>

/** Issues what a consented request asked for. Throws `invalid_login_challenge` when somebody else was faster. */
export function answerRequest(
  request: AuthorizationRequest,
  consent: Consent,
  place: GrantPlace,
  services: AnswerServices,
): Promise<AuthorizationAnswer> {
  return request.responseType === 'code'
    ? answerWithCode(request, consent, place, services)
    : answerWithToken(request, consent, place, services)
}

/** RFC 6749 §4.1.2. */
async function answerWithCode(
  request: AuthorizationRequest,
  consent: Consent,
  { grantId, consume }: GrantPlace,
  { store, clock, random }: AnswerServices,
): Promise<AuthorizationAnswer> {
  const code = mintToken('code', grantId, random)
  const expiresAt = clock.now() + request.scheme.settings.authorizationCodeLifetime
  const value = codeRecord(request, consent, grantId, expiresAt)
  const outcome = await store.commit({
    partition: grantPartition(grantId),
    guards: consume.guards,
    writes: [...consume.writes, { op: 'put', key: codeKey(grantId, sha256(code)), value, expiresAt }],
  })
  if (!outcome.ok) throw usedChallenge()
  const entries = [
    ['code', code],
    ['state', request.state],
    ['iss', request.api.issuer],
  ] as const
  return { code, redirectTo: withParameters(request.redirectUri, entries) }
}

function codeRecord(
  request: AuthorizationRequest,
  { subject, scope, metadata, session }: Consent,
  grantId: string,
  expiresAt: number,
): AuthorizationCodeRecord {
  const { api, scheme, client, redirectUri, redirectUriGiven, codeChallenge } = request
  return {
    grantId,
    api: api.id,
    scheme: scheme.name,
    clientId: client.clientId,
    subject,
    scope,
    redirectUri,
    redirectUriGiven,
    ...(codeChallenge === undefined ? {} : { codeChallenge }),
    pkceRequired: codeChallenge !== undefined || pkceRequired(scheme, client),
    metadata,
    ...(session === undefined ? {} : { session }),
    expiresAt,
  }
}

/** RFC 6749 §4.2.2: the token stands in the fragment; there is never a refresh token. */
async function answerWithToken(
  request: AuthorizationRequest,
  { subject, scope, metadata, session }: Consent,
  { grantId, consume }: GrantPlace,
  services: AnswerServices,
): Promise<AuthorizationAnswer> {
  const { api, scheme } = request
  const client = underSession(request.client, session, scheme)
  const family = { kind: 'new', grantId, consume } as const
  const grantType = GRANT_OF[request.responseType]
  const said = { subject, scope, metadata, ...(session === undefined ? {} : { session }) }
  const outcome = await issue({ api, scheme, client, ...said, grantType, family }, services)
  if (!outcome.ok) throw usedChallenge()
  const token = outcome.answer
  const entries = [
    ['access_token', token.access_token],
    ['token_type', token.token_type],
    ['expires_in', token.expires_in?.toString()],
    ['scope', token.scope],
    ['state', request.state],
    ['iss', api.issuer],
  ] as const
  return { token, redirectTo: withParameters(request.redirectUri, entries, 'fragment') }
}

/** One text for all of them: whoever guesses learns nothing. */
export function usedChallenge(): Problem {
  return new Problem(400, 'invalid_login_challenge', 'The login challenge is unknown, has expired or was already used.')
}

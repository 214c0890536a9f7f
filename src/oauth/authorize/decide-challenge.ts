import type { Api } from '../../api/api.ts'
import { Problem } from '../../core/problem.ts'
import { OAuthError } from '../errors.ts'
import { checkSession, scopeUnder } from '../policies/check-session.ts'
import type { LoginChallengeRecord } from '../records/login-challenge.ts'
import type { SessionRules } from '../records/policy.ts'
import { isSubset, parseScope } from '../scope.ts'
import type { OAuthServices } from '../services.ts'
import {
  type AnswerServices,
  type AuthorizationAnswer,
  answerRequest,
  type GrantPlace,
  usedChallenge,
} from './authorization-answer.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { RESPONSE_MODE } from './before-login.ts'
import { findChallenge, type WaitingChallenge } from './login-challenge.ts'
import { GRANT_OF, offersAt } from './offers.ts'
import { sameRedirectUri } from './redirect-uri.ts'
import { errorRedirect } from './redirect-url.ts'
import { subjectOf } from './resource-owner.ts'

export type DecideServices = AnswerServices & Pick<OAuthServices, 'clients'>

/** What an identity server says of a challenge. */
export interface Acceptance {
  readonly user: string
  /** What of the requested scope the user allowed; all of it when absent. */
  readonly scope?: string | undefined
  readonly metadata: Readonly<Record<string, unknown>>
  /** What narrows the client's policies for this authorization. */
  readonly session?: SessionRules
}

/**
 * Answers the request that the challenge names: what was checked then is what is granted now, whatever the browser or the
 * login page carried since. Throws `invalid_login_challenge`, `invalid_scope`, `invalid_user`.
 */
export async function acceptChallenge(
  challenge: string,
  acceptance: Acceptance,
  api: Api,
  services: DecideServices,
): Promise<AuthorizationAnswer> {
  const waiting = await waitingChallenge(challenge, api, services)
  const request = await stillAllowed(waiting.value, api, services)
  const subject = subjectOf(acceptance.user, request.client.clientId)
  const { metadata, session } = acceptance
  checkSession(session, request.client)
  const scope = scopeUnder(session, allowedPart(acceptance.scope, request.scope), request.scope)
  const consent = { subject, scope, metadata, ...(session === undefined ? {} : { session }) }
  return answerRequest(request, consent, placeOf(waiting), services)
}

/** RFC 6749 §4.1.2.1: `access_denied` for the client. Throws `invalid_login_challenge`. */
export async function denyChallenge(
  challenge: string,
  api: Api,
  services: Pick<OAuthServices, 'store'>,
): Promise<AuthorizationAnswer> {
  const waiting = await waitingChallenge(challenge, api, services)
  const { redirectUri, state, responseType } = waiting.value
  const outcome = await services.store.commit({ partition: waiting.key.partition, ...placeOf(waiting).consume })
  if (!outcome.ok) throw usedChallenge()
  const denied = new OAuthError('access_denied', 'The resource owner denied the request.')
  return { redirectTo: errorRedirect(denied, { redirectUri }, state, api, RESPONSE_MODE[responseType]) }
}

/** The challenge of this API. Throws `invalid_login_challenge`. */
export async function waitingChallenge(
  challenge: string,
  api: Api,
  { store }: Pick<OAuthServices, 'store'>,
): Promise<WaitingChallenge> {
  const waiting = await findChallenge(challenge, api, store)
  if (!waiting) throw usedChallenge()
  return waiting
}

function placeOf({ key, version, value }: WaitingChallenge): GrantPlace {
  return { grantId: value.grantId, consume: { guards: [{ key, version }], writes: [{ op: 'remove', key }] } }
}

/** The document and the client may have changed while the user was logging in. */
async function stillAllowed(
  record: LoginChallengeRecord,
  api: Api,
  { clients }: Pick<OAuthServices, 'clients'>,
): Promise<AuthorizationRequest> {
  const { responseType, redirectUri, scope } = record
  const client = await clients.find(record.clientId)
  const offer = offersAt(api).find((one) => one.scheme.name === record.scheme && one.responseType === responseType)
  const allowed =
    client?.apis.includes(api.id) &&
    client.rights?.closedBy === undefined &&
    client.redirectUris.some((registered) => sameRedirectUri(redirectUri, registered)) &&
    (client.grantTypes?.includes(GRANT_OF[responseType]) ?? true) &&
    isSubset(scope, client.scopes ?? scope) &&
    isSubset(scope, [...(offer?.scheme.scopes.keys() ?? [])])
  if (!client || !offer || !allowed) throw usedChallenge()
  return { ...record, api, scheme: offer.scheme, client }
}

/** Scope may only shrink between the request and the grant. */
function allowedPart(wanted: string | undefined, requested: readonly string[]): readonly string[] {
  if (wanted === undefined) return requested
  const scope = scopeOf(wanted)
  if (!isSubset(scope, requested)) {
    throw new Problem(400, 'invalid_scope', 'scope: only scopes that the client has requested can be allowed.')
  }
  return scope
}

function scopeOf(text: string): readonly string[] {
  try {
    return parseScope(text)
  } catch (error) {
    if (error instanceof OAuthError) throw new Problem(400, 'invalid_scope', `scope: ${error.description}`)
    throw error
  }
}

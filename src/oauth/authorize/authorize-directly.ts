import type { Api } from '../../api/api.ts'
import { Problem } from '../../core/problem.ts'
import { OAuthError } from '../errors.ts'
import type { Parameters } from '../http.ts'
import { checkSession, scopeUnder } from '../policies/check-session.ts'
import { newGrantId } from '../tokens/token-format.ts'
import { type AuthorizationAnswer, answerRequest, type Consent } from './authorization-answer.ts'
import type { AuthorizationRequest, ProvenRedirect } from './authorization-request.ts'
import { answersInFragment, checkBeforeLogin } from './before-login.ts'
import { checkBeforeRedirecting } from './before-redirecting.ts'
import type { DecideServices } from './decide-challenge.ts'
import { type Offer, offersAt } from './offers.ts'
import { errorRedirect } from './redirect-url.ts'
import { subjectOf } from './resource-owner.ts'

/**
 * Authorizes a client by the parameters of an authorization request alone, for an identity server that kept them itself.
 * They pass the same checks as at the authorization endpoint. Throws a `Problem` with the OAuth `error` and, once that is
 * safe, the `redirect_to` that tells the client of it.
 */
export async function authorizeDirectly(
  parameters: Parameters,
  said: Pick<Consent, 'metadata' | 'session'>,
  api: Api,
  services: DecideServices,
): Promise<AuthorizationAnswer> {
  const offers = offersAt(api)
  const proven = await asProblem(() => checkBeforeRedirecting(parameters, api, offers, services.clients))
  const request = await checked(parameters, proven, api, offers)
  const subject = subjectOf(parameters.get('user'), request.client.clientId)
  const place = { grantId: newGrantId(services.random), consume: { guards: [], writes: [] } }
  checkSession(said.session, request.client)
  const scope = scopeUnder(said.session, request.scope)
  return answerRequest(request, { ...said, subject, scope }, place, services)
}

function checked(
  parameters: Parameters,
  proven: ProvenRedirect,
  api: Api,
  offers: readonly Offer[],
): Promise<AuthorizationRequest> {
  const place = answersInFragment(parameters) ? 'fragment' : 'query'
  return asProblem(
    async () => checkBeforeLogin(parameters, proven, api, offers),
    (error) => errorRedirect(error, proven, parameters.get('state'), api, place),
  )
}

async function asProblem<T>(check: () => Promise<T>, redirectTo?: (error: OAuthError) => string): Promise<T> {
  try {
    return await check()
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    const members = { error: error.code, ...(redirectTo ? { redirect_to: redirectTo(error) } : {}) }
    throw new Problem(400, error.code, error.description, { members, cause: error })
  }
}

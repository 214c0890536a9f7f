import { z } from 'zod'
import type { Api } from '../../api/api.ts'
import { Problem } from '../../core/problem.ts'
import type { AuthorizationAnswer, Consent } from '../../oauth/authorize/authorization-answer.ts'
import { authorizeDirectly } from '../../oauth/authorize/authorize-directly.ts'
import { acceptChallenge, denyChallenge, waitingChallenge } from '../../oauth/authorize/decide-challenge.ts'
import type { Parameters } from '../../oauth/http.ts'
import { sessionBody, sessionRules } from '../../oauth/policies/policy-body.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { metadata, parsedText } from '../clients/client-body.ts'
import { isoTime } from '../clients/client-view.ts'
import { knownApi } from '../clients/find-client.ts'
import { checked, readParameters } from '../http/read-body.ts'

/** What an identity server says and asks: the one resource that its keys are for. */
export function authorizeClientRoutes(deps: AdminDeps): readonly AdminRoute[] {
  return ['/api/apis/oauth/:apiId/authorize-client', '/api/apis/:apiId/authorize-client'].flatMap((path) => [
    {
      method: 'POST' as const,
      path,
      action: 'authorize-client',
      keys: 'identity-server' as const,
      handle: (request: AdminRequest) => authorizeClient(request, deps),
    },
    {
      method: 'GET' as const,
      path,
      action: 'authorize-client.show',
      keys: 'identity-server' as const,
      handle: (request: AdminRequest) => showChallenge(request, deps),
    },
  ])
}

async function authorizeClient(request: AdminRequest, deps: AdminDeps): Promise<AdminAnswer> {
  const api = servedApi(deps, request.params['apiId'])
  const parameters = readParameters(request.body)
  const challenge = parameters.get('login_challenge')
  const said = saidOf(parameters)
  if (challenge === undefined) {
    const answer = await authorizeDirectly(parameters, said, api, deps.services)
    return answerOf(answer, { decision: 'direct', client: parameters.get('client_id') })
  }
  const decision = checked(decisionBody, Object.fromEntries(DECISION.map((name) => [name, parameters.get(name)])))
  if (decision.decision === 'deny')
    return answerOf(await denyChallenge(challenge, api, deps.services), { decision: 'deny' })
  const answer = await acceptChallenge(challenge, { ...decision, ...said }, api, deps.services)
  return answerOf(answer, { decision: 'accept' })
}

/** Metadata, and the session: what narrows the client's policies for this authorization, as JSON text in a form. */
function saidOf(parameters: Parameters): Pick<Consent, 'metadata' | 'session'> {
  const name = parameters.get('session') === undefined ? 'key_rules' : 'session'
  const given = { meta_data: parameters.get('meta_data'), session: parsedText(parameters.get(name)) }
  const { meta_data, session } = checked(saidBody, given)
  if (session === undefined) return { metadata: meta_data }
  const { metadata: more, ...rules } = sessionRules(session)
  return { metadata: { ...meta_data, ...more }, session: rules }
}

const saidBody = z.object({ meta_data: metadata, session: sessionBody.optional() })

const DECISION = ['decision', 'user', 'scope'] as const

/** What is read besides the challenge; everything else was decided when the request was checked. */
const decisionBody = z.discriminatedUnion(
  'decision',
  [
    z.object({ decision: z.literal('accept'), user: z.string('who has logged in'), scope: z.string().optional() }),
    z.object({ decision: z.literal('deny') }),
  ],
  '"accept" or "deny"',
)

function answerOf(answer: AuthorizationAnswer, audit: Readonly<Record<string, unknown>>): AdminAnswer {
  const { code, token, redirectTo } = answer
  return { status: 200, body: { ...token, ...(code === undefined ? {} : { code }), redirect_to: redirectTo }, audit }
}

/**
 * `GET …/authorize-client?login_challenge=…`: what a consent page has to show, from the request that was checked rather
 * than from the address that the browser came with.
 */
async function showChallenge({ params, query }: AdminRequest, { library, services }: AdminDeps): Promise<AdminAnswer> {
  const api = servedApi({ library }, params['apiId'])
  const { value } = await waitingChallenge(challengeOf(query), api, services)
  const client = await services.clients.find(value.clientId)
  const scheme = api.securitySchemes.get(value.scheme)
  const descriptions = scheme?.kind === 'issuer' ? scheme.scopes : new Map<string, string>()
  return {
    status: 200,
    body: {
      api_id: api.id,
      api_name: api.name,
      client_id: value.clientId,
      client_name: client?.name ?? value.clientId,
      redirect_uri: value.redirectUri,
      response_type: value.responseType,
      scope: value.scope.join(' '),
      scopes: value.scope.map((name) => ({ name, description: descriptions.get(name) ?? '' })),
      expires_at: isoTime(value.expiresAt),
    },
  }
}

function challengeOf(query: Parameters): string {
  const challenge = query.get('login_challenge')
  if (challenge === undefined) throw new Problem(400, 'invalid_query', 'login_challenge: missing.')
  return challenge
}

/** The API, as far as it is served. Throws 404, and 503 while its document is broken. */
function servedApi({ library }: Pick<AdminDeps, 'library'>, apiId: string | undefined): Api {
  const { api } = knownApi(library, apiId)
  if (!api)
    throw new Problem(503, 'api_down', 'The API is not served, see its status.', { headers: { 'retry-after': '30' } })
  return api
}

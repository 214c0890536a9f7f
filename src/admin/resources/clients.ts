import { Problem } from '../../core/problem.ts'
import { clientSecretDigest, newClientSecret } from '../../oauth/client-auth/client-secret.ts'
import { type ClientRecord, clientKey, clientsIndex } from '../../oauth/records/client.ts'
import { revokeIssued } from '../../oauth/revocation/revoke-issued.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { amend, queueFull } from '../amend.ts'
import { authMethodAfter, authMethodOf, changesMethod, lifetimesOf } from '../clients/chosen-credentials.ts'
import { type ClientBody, clientBody, newClientBody, policiesOf, redirectUrisOf } from '../clients/client-body.ts'
import { putClient } from '../clients/client-commit.ts'
import { clientView } from '../clients/client-view.ts'
import { endClient } from '../clients/end-client.ts'
import { findClient, knownApi, noSuchClient } from '../clients/find-client.ts'
import { refuseUnknownPolicies } from '../clients/known-policies.ts'
import { declaredElsewhere } from '../consumers/field-problem.ts'
import { listPage, pageAnswer } from '../http/page.ts'
import { checked, readBody } from '../http/read-body.ts'

const LIST = '/api/apis/oauth/:apiId'
const ONE = '/api/apis/oauth/:apiId/:clientId'

/** Client applications of an API. One that serves several APIs is the same client under each of them. */
export function clientRoutes(deps: AdminDeps): readonly AdminRoute[] {
  return [
    { method: 'POST', path: LIST, action: 'client.create', handle: (request) => createClient(request, deps) },
    { method: 'GET', path: LIST, action: 'client.list', handle: (request) => listClients(request, deps) },
    { method: 'GET', path: ONE, action: 'client.get', handle: (request) => getClient(request, deps) },
    { method: 'PUT', path: ONE, action: 'client.replace', handle: (request) => replaceClient(request, deps) },
    { method: 'DELETE', path: ONE, action: 'client.delete', handle: (request) => deleteClient(request, deps) },
  ]
}

async function createClient(request: AdminRequest, { library, services }: AdminDeps): Promise<AdminAnswer> {
  const api = knownApi(library, request.params['apiId'])
  const body = checked(newClientBody, readBody(request.body))
  await refuseUnknownPolicies(body, services.store)
  const { store, clock, random, passwords, announcer } = services
  const hasSecret = body.client_type !== 'public' && body.token_endpoint_auth_method !== 'private_key_jwt'
  const secret = hasSecret ? (body.client_secret ?? newClientSecret(random)) : undefined
  const now = clock.now()
  const secrets = secret === undefined ? [] : [{ digest: await clientSecretDigest(secret, passwords), createdAt: now }]
  const client: ClientRecord = {
    clientId: body.client_id ?? random(16).toString('hex'),
    type: body.client_type ?? 'confidential',
    secrets,
    createdAt: now,
    updatedAt: now,
    ...authMethodOf(body),
    ...chosen(body, apisOf(body, api.id, [], library)),
  }
  const key = clientKey(client.clientId)
  const change = putClient(client, undefined, 'oauth.client.created', announcer, now)
  const outcome = await store.commit({ ...change, partition: key.partition, guards: [{ key, version: 0 }] })
  if (!outcome.ok) throw outcome.reason === 'conflict' ? clientExists() : queueFull()
  announcer.wake()
  return {
    status: 201,
    headers: { location: `/api/apis/oauth/${encodeURIComponent(api.id)}/${client.clientId}` },
    body: { ...clientView(client, now), ...(secret === undefined ? {} : { client_secret: secret }) },
    audit: { client: client.clientId, apis: client.apis },
  }
}

const clientExists = (): Problem =>
  new Problem(
    409,
    'client_exists',
    'A client of this id is registered already; it may serve more APIs: PUT its "apis".',
  )

async function listClients(request: AdminRequest, { library, services }: AdminDeps): Promise<AdminAnswer> {
  const api = knownApi(library, request.params['apiId'])
  const page = await services.store.list(clientsIndex(api.id), listPage(request.query))
  const entries = await services.store.get(page.members.map(({ member }) => clientKey(member)))
  const now = services.clock.now()
  const data = entries.flatMap((entry) => (entry ? [clientView(entry.value, now)] : []))
  return pageAnswer(data, page.next)
}

async function getClient({ params }: AdminRequest, { services }: AdminDeps): Promise<AdminAnswer> {
  const { value } = await findClient(services.store, params['clientId'], params['apiId'])
  return { status: 200, body: clientView(value, services.clock.now()) }
}

async function replaceClient(request: AdminRequest, { library, services }: AdminDeps): Promise<AdminAnswer> {
  const { apiId = '', clientId = '' } = request.params
  const { key, value: found } = await findClient(services.store, clientId, apiId)
  const body = checked(clientBody, readBody(request.body))
  await refuseUnknownPolicies(body, services.store)
  refuseDeclared(found)
  refuseOtherIdentity(body, found)
  const apis = apisOf(body, apiId, found.apis, library)
  const lost = found.apis.filter((api) => !apis.includes(api))
  await revokeIssued({ clientId, apis: lost, until: services.clock.now() }, services)
  const now = services.clock.now()
  const client = await amend(services.store, key, noSuchClient, ({ value: before }) => {
    if (!before.apis.includes(apiId)) throw noSuchClient()
    const { clientId: id, type, secrets, createdAt, notBefore, consumerId, tags } = before
    const after: ClientRecord = {
      clientId: id,
      type,
      secrets,
      createdAt,
      updatedAt: now,
      ...(notBefore === undefined ? {} : { notBefore }),
      ...authMethodAfter(body, before),
      ...(consumerId === undefined ? {} : { consumerId }),
      ...(tags === undefined ? {} : { tags }),
      ...chosen(body, apisOf(body, apiId, before.apis, library)),
    }
    return { commit: putClient(after, before, 'oauth.client.updated', services.announcer, now), result: after }
  })
  await revokeIssued({ clientId, apis: lost, until: now }, services) // what was issued meanwhile
  services.announcer.wake()
  return { status: 200, body: clientView(client, now), audit: { client: clientId, apis: client.apis } }
}

/** What stands in the file of consumers is changed there. */
export function refuseDeclared({ declared }: ClientRecord): void {
  if (declared !== undefined) throw declaredElsewhere('client')
}

/** What a client is cannot be changed, only what it may do: its tokens and secrets were given to what it is. */
function refuseOtherIdentity(body: ClientBody, before: ClientRecord): void {
  const other = [
    ...(body.client_id !== undefined && body.client_id !== before.clientId ? ['client_id'] : []),
    ...(body.client_type !== undefined && body.client_type !== before.type ? ['client_type'] : []),
    ...(changesMethod(body, before) ? ['token_endpoint_auth_method'] : []),
  ]
  if (other.length === 0) return
  const errors = other.map((name) => ({ pointer: `/${name}`, message: 'cannot be changed; register a new client' }))
  throw new Problem(422, 'invalid_body', `${other.join(' and ')} cannot be changed.`, { members: { errors } })
}

async function deleteClient({ params }: AdminRequest, { services }: AdminDeps): Promise<AdminAnswer> {
  const { apiId, clientId = '' } = params
  const { value: found } = await findClient(services.store, clientId, apiId)
  refuseDeclared(found)
  const client = await endClient(clientId, services, ({ apis }) => {
    if (!apis.includes(apiId ?? '')) throw noSuchClient()
  })
  return { status: 204, audit: { client: client.clientId, apis: client.apis } }
}

type Fixed =
  | 'clientId'
  | 'type'
  | 'secrets'
  | 'createdAt'
  | 'updatedAt'
  | 'notBefore'
  | 'apisSince'
  | 'authMethod'
  | 'jwks'
  | 'jwksUri'
type Chosen = Omit<ClientRecord, Fixed>

/** What a body says of a client, as the record has it. */
function chosen(body: Omit<ClientBody, 'client_id'>, apis: readonly string[]): Chosen {
  return {
    redirectUris: redirectUrisOf(body),
    apis,
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.grant_types === undefined ? {} : { grantTypes: body.grant_types }),
    ...(body.scopes === undefined ? {} : { scopes: body.scopes }),
    ...lifetimesOf(body),
    policies: policiesOf(body),
    metadata: body.meta_data,
  }
}

/** The APIs that a client may use: that of the path and those that the body names, or those that it had. */
function apisOf(
  body: Pick<ClientBody, 'apis'>,
  pathApi: string,
  before: readonly string[],
  library: AdminDeps['library'],
): readonly string[] {
  const named = body.apis ?? before
  const unknown = (body.apis ?? []).flatMap((api, index) => (library.find(api) ? [] : [index]))
  if (unknown.length > 0) {
    const errors = unknown.map((index) => ({ pointer: `/apis/${index}`, message: 'there is no such API' }))
    throw new Problem(422, 'invalid_body', 'apis: names an API that does not exist.', { members: { errors } })
  }
  return [...new Set([pathApi, ...named])]
}

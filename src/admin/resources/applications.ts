import { consumerOf } from '../../oauth/consumers/consumer-directory.ts'
import { APPLICATIONS_INDEX, applicationsOfConsumer, type ClientRecord, clientKey } from '../../oauth/records/client.ts'
import type { Store } from '../../store/store.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { endClient } from '../clients/end-client.ts'
import { type ApplicationBody, applicationBody } from '../consumers/application-body.ts'
import { applicationInput, applicationView } from '../consumers/application-view.ts'
import { checkEntity } from '../consumers/check-entity.ts'
import { entityList, entityPage, filledPage, tagFilter } from '../consumers/entity-page.ts'
import { entityNotFound, schemaViolation } from '../consumers/field-problem.ts'
import { applicationEntry, findApplication } from '../consumers/find-application.ts'
import { findConsumer } from '../consumers/find-consumer.ts'
import { type PutApplication, putApplication, taken } from '../consumers/put-application.ts'
import { readEntity } from '../consumers/read-entity.ts'
import { refuseDeclared } from './clients.ts'

type Deps = Pick<AdminDeps, 'library' | 'services'>

/**
 * Applications: the clients that the other calls know by their APIs, here by the consumer whose they are. A path names one
 * by its client id or by its id.
 */
export function applicationRoutes(deps: Deps): readonly AdminRoute[] {
  return [...routesAt('/oauth2', deps), ...routesAt('/consumers/:consumer/oauth2', deps)]
}

function routesAt(list: string, deps: Deps): readonly AdminRoute[] {
  const one = `${list}/:application`
  return [
    { method: 'POST', path: list, action: 'application.create', handle: (request) => create(request, deps) },
    { method: 'GET', path: list, action: 'application.list', handle: (request) => listAll(request, deps) },
    { method: 'GET', path: one, action: 'application.get', handle: (request) => getOne(request, deps) },
    { method: 'PUT', path: one, action: 'application.replace', handle: (request) => replace(request, deps) },
    { method: 'PATCH', path: one, action: 'application.update', handle: (request) => update(request, deps) },
    { method: 'DELETE', path: one, action: 'application.delete', handle: (request) => remove(request, deps) },
  ]
}

/** Below `/consumers/{consumer}`: that consumer's id. Throws 404. */
async function ownerOf({ params }: AdminRequest, store: Store): Promise<string | undefined> {
  const { consumer } = params
  return consumer === undefined ? undefined : (await findConsumer(store, consumer)).value.id
}

/** The consumer that the body names. Throws 400 when there is none of that name. */
async function namedConsumer({ consumer }: ApplicationBody, store: Store): Promise<string | undefined> {
  if (consumer === undefined) return undefined
  const found = await consumerOf(consumer.id ?? consumer.username ?? '', store)
  const field = consumer.id === undefined ? 'username' : 'id'
  if (!found) throw schemaViolation({ consumer: { [field]: 'there is no such consumer' } })
  return found.id
}

async function create(request: AdminRequest, deps: Deps): Promise<AdminAnswer> {
  const { store, random } = deps.services
  const owner = await ownerOf(request, store)
  const body = checkEntity(applicationBody, readEntity(request.body))
  const consumerId = owner ?? (await namedConsumer(body, store))
  if (consumerId === undefined) throw schemaViolation({ consumer: 'required field missing' })
  const clientId = body.client_id ?? random(16).toString('hex')
  const put = await putApplication({ clientId, consumerId, body, before: undefined }, deps)
  return { ...answerOf(put, 201), headers: { location: `/oauth2/${clientId}` } }
}

function answerOf({ client, secret }: PutApplication, status: 200 | 201): AdminAnswer {
  const body = { ...applicationView(client), ...(secret === undefined ? {} : { client_secret: secret }) }
  return { status, body, audit: { client: client.clientId, consumer: client.consumerId, apis: client.apis } }
}

async function listAll(request: AdminRequest, { services: { store } }: Deps): Promise<AdminAnswer> {
  const { query, params } = request
  const owner = await ownerOf(request, store)
  const path =
    params['consumer'] === undefined ? '/oauth2' : `/consumers/${encodeURIComponent(params['consumer'])}/oauth2`
  const hasTags = tagFilter(query)
  const wanted = (client: ClientRecord): boolean =>
    hasTags(client) && (owner === undefined || client.consumerId === owner)
  const clientId = query.get('client_id')
  if (clientId !== undefined) {
    const [entry] = await store.get([clientKey(clientId)])
    return entityList(entry && wanted(entry.value) ? [applicationView(entry.value)] : [], undefined, path, query)
  }
  const index = owner === undefined ? APPLICATIONS_INDEX : applicationsOfConsumer(owner)
  const { items, next } = await filledPage(store, index, entityPage(query), async (members) => {
    const entries = await store.get(members.map(({ member }) => clientKey(member)))
    return entries.map((entry) => (entry && wanted(entry.value) ? applicationView(entry.value) : undefined))
  })
  return entityList(items, next, path, query)
}

async function getOne(request: AdminRequest, { services: { store } }: Deps): Promise<AdminAnswer> {
  const owner = await ownerOf(request, store)
  return {
    status: 200,
    body: applicationView((await findApplication(store, request.params['application'], owner)).value),
  }
}

/** Puts an application under the client id of the path, whether or not there was one. */
async function replace(request: AdminRequest, deps: Deps): Promise<AdminAnswer> {
  const { store } = deps.services
  const owner = await ownerOf(request, store)
  const reference = request.params['application'] ?? ''
  const before = await applicationEntry(store, reference)
  const clientId = before?.value.clientId ?? reference
  if (before && owner !== undefined && before.value.consumerId !== owner) throw taken(clientId)
  const body = checkEntity(applicationBody, { client_id: clientId, ...readEntity(request.body) })
  if (body.client_id !== clientId) throw schemaViolation({ client_id: 'differs from the one in the path' })
  const consumerId = owner ?? (await namedConsumer(body, store)) ?? before?.value.consumerId
  if (consumerId === undefined && !before) throw schemaViolation({ consumer: 'required field missing' })
  return answerOf(await putApplication({ clientId, consumerId, body, before }, deps), 200)
}

/** Changes what the body names; `null` takes a field back to its default. */
async function update(request: AdminRequest, deps: Deps): Promise<AdminAnswer> {
  const { store } = deps.services
  const owner = await ownerOf(request, store)
  const before = await findApplication(store, request.params['application'], owner)
  const { clientId } = before.value
  const body = checkEntity(applicationBody, { ...applicationInput(before.value), ...readEntity(request.body) })
  const consumerId = owner ?? (await namedConsumer(body, store))
  return answerOf(await putApplication({ clientId, consumerId, body, before }, deps), 200)
}

async function remove(request: AdminRequest, { services }: Deps): Promise<AdminAnswer> {
  const owner = await ownerOf(request, services.store)
  const { value } = await findApplication(services.store, request.params['application'], owner)
  refuseDeclared(value)
  await endClient(value.clientId, services, ({ consumerId }) => {
    if (owner !== undefined && consumerId !== owner) throw entityNotFound('application')
  })
  return { status: 204, audit: { client: value.clientId } }
}

import { Problem } from '../../core/problem.ts'
import { randomUuid } from '../../core/uuid.ts'
import { putConsumer, removeConsumer } from '../../oauth/consumers/consumer-commit.ts'
import { consumerEntry } from '../../oauth/consumers/consumer-directory.ts'
import { applicationsOfConsumer } from '../../oauth/records/client.ts'
import { CONSUMERS_INDEX, type ConsumerRecord, consumerKey, isUuid } from '../../oauth/records/consumer.ts'
import type { OAuthServices } from '../../oauth/services.ts'
import type { CommitOutcome, Entry } from '../../store/store.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { endClient } from '../clients/end-client.ts'
import { checkEntity } from '../consumers/check-entity.ts'
import { type ConsumerBody, consumerBody } from '../consumers/consumer-body.ts'
import { consumerView } from '../consumers/consumer-view.ts'
import { entityList, entityPage, filledPage, tagFilter } from '../consumers/entity-page.ts'
import { declaredElsewhere, schemaViolation, uniqueViolation } from '../consumers/field-problem.ts'
import { findConsumer } from '../consumers/find-consumer.ts'
import { readEntity } from '../consumers/read-entity.ts'

const LIST = '/consumers'
const ONE = '/consumers/:consumer'

/** Those who run applications. A path names them by id or username. */
export function consumerRoutes({ services }: Pick<AdminDeps, 'services'>): readonly AdminRoute[] {
  return [
    { method: 'POST', path: LIST, action: 'consumer.create', handle: (request) => createConsumer(request, services) },
    { method: 'GET', path: LIST, action: 'consumer.list', handle: (request) => listConsumers(request, services) },
    { method: 'GET', path: ONE, action: 'consumer.get', handle: (request) => getConsumer(request, services) },
    { method: 'PUT', path: ONE, action: 'consumer.replace', handle: (request) => replaceConsumer(request, services) },
    { method: 'PATCH', path: ONE, action: 'consumer.update', handle: (request) => updateConsumer(request, services) },
    { method: 'DELETE', path: ONE, action: 'consumer.delete', handle: (request) => deleteConsumer(request, services) },
  ]
}

async function createConsumer({ body }: AdminRequest, services: OAuthServices): Promise<AdminAnswer> {
  const given = checkEntity(consumerBody, readEntity(body))
  if (given.id !== undefined && !isUuid(given.id)) throw schemaViolation({ id: 'expected a UUID' })
  const id = given.id?.toLowerCase() ?? randomUuid(services.random)
  const consumer = await put(id, given, undefined, services)
  return { status: 201, headers: { location: `${LIST}/${id}` }, body: consumerView(consumer), audit: { consumer: id } }
}

async function listConsumers({ query }: AdminRequest, { store }: OAuthServices): Promise<AdminAnswer> {
  const wanted = tagFilter(query)
  const customId = query.get('custom_id')
  const { items, next } = await filledPage(store, CONSUMERS_INDEX, entityPage(query), async (members) => {
    const entries = await store.get(members.map(({ member }) => consumerKey(member)))
    return entries.map((entry) =>
      entry && wanted(entry.value) && (customId === undefined || entry.value.customId === customId)
        ? consumerView(entry.value)
        : undefined,
    )
  })
  return entityList(items, next, LIST, query)
}

async function getConsumer({ params }: AdminRequest, { store }: OAuthServices): Promise<AdminAnswer> {
  return { status: 200, body: consumerView((await findConsumer(store, params['consumer'])).value) }
}

/** Puts a consumer under the id or username of the path, whether or not there was one. */
async function replaceConsumer({ params, body }: AdminRequest, services: OAuthServices): Promise<AdminAnswer> {
  const reference = params['consumer'] ?? ''
  const before = await consumerEntry(reference, services.store)
  const named = isUuid(reference) ? {} : { username: reference }
  const given = checkEntity(consumerBody, { ...named, ...readEntity(body) })
  const id = before?.value.id ?? (isUuid(reference) ? reference.toLowerCase() : randomUuid(services.random))
  return changed(await put(id, given, before, services))
}

/** Changes what the body names; `null` takes a field away. */
async function updateConsumer({ params, body }: AdminRequest, services: OAuthServices): Promise<AdminAnswer> {
  const before = await findConsumer(services.store, params['consumer'])
  const { username, customId: custom_id, tags } = before.value
  const given = checkEntity(consumerBody, { username, custom_id, tags, ...readEntity(body) })
  return changed(await put(before.value.id, given, before, services))
}

const changed = (consumer: ConsumerRecord): AdminAnswer => ({
  status: 200,
  body: consumerView(consumer),
  audit: { consumer: consumer.id },
})

async function put(
  id: string,
  given: ConsumerBody,
  before: Entry<ConsumerRecord> | undefined,
  { store, clock }: OAuthServices,
): Promise<ConsumerRecord> {
  if (before?.value.declared !== undefined) throw declaredElsewhere('consumer')
  const now = clock.now()
  const after: ConsumerRecord = {
    id,
    ...(given.username === undefined ? {} : { username: given.username }),
    ...(given.custom_id === undefined ? {} : { customId: given.custom_id }),
    tags: [...new Set(given.tags)],
    createdAt: before?.value.createdAt ?? now,
    updatedAt: now,
  }
  const outcome = await store.commit(putConsumer(after, before))
  if (!outcome.ok) throw refusal(outcome, id, before)
  return after
}

function refusal(outcome: CommitOutcome, id: string, before: Entry<ConsumerRecord> | undefined): Problem {
  const key = !outcome.ok && outcome.reason === 'conflict' ? outcome.key : undefined
  const [, field, name] = key?.kind === 'consumer-name' ? (/^([a-z_]+):(.*)$/s.exec(key.id) ?? []) : []
  if (field !== undefined && name !== undefined) return uniqueViolation(field, name)
  if (!before) return uniqueViolation('id', id)
  return new Problem(409, 'busy', 'Others are changing this at the same time.')
}

/**
 * The consumer goes first, and from then on nothing of its applications is good; then they are removed, each with what it was
 * issued. Asked again, it finishes what was broken off.
 */
async function deleteConsumer({ params }: AdminRequest, services: OAuthServices): Promise<AdminAnswer> {
  const { store, clock } = services
  const reference = params['consumer'] ?? ''
  const entry = await consumerEntry(reference, store)
  if (entry?.value.declared !== undefined) throw declaredElsewhere('consumer')
  const id = entry?.value.id ?? reference.toLowerCase()
  if (entry) {
    const outcome = await store.commit(removeConsumer(entry, clock.now()))
    if (!outcome.ok) throw refusal(outcome, id, entry)
  }
  if (isUuid(id)) await removeApplications(id, services)
  return { status: 204, audit: { consumer: id } }
}

/** Ends every application of a consumer that is gone. */
export async function removeApplications(consumerId: string, services: OAuthServices): Promise<void> {
  const index = applicationsOfConsumer(consumerId)
  for (;;) {
    const { members } = await services.store.list(index, { limit: 100 })
    if (members.length === 0) return
    for (const { member } of members) {
      await endClient(member, services).catch(async (error: unknown) => {
        if (!(error instanceof Problem) || error.status !== 404) throw error
        await services.store.commit({ partition: 0, writes: [{ op: 'unindex', index, member }] })
      })
    }
  }
}

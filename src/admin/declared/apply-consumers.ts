import type { Diagnostic } from '../../core/diagnostic.ts'
import { randomUuid } from '../../core/uuid.ts'
import { putConsumer, removeConsumer } from '../../oauth/consumers/consumer-commit.ts'
import { type ConsumerRecord, consumerKey, consumerNameKey } from '../../oauth/records/consumer.ts'
import type { OAuthServices } from '../../oauth/services.ts'
import type { Entry } from '../../store/store.ts'
import { endClient } from '../clients/end-client.ts'
import { removeApplications } from '../resources/consumers.ts'
import { applyApplication } from './apply-application.ts'
import { type ApplyDeps, DECLARED_INDEX } from './apply-deps.ts'
import type { DeclaredConsumer } from './consumers-file.ts'
import type { ReadConsumers } from './read-consumers.ts'

export interface Applied {
  readonly diagnostics: readonly Diagnostic[]
  /** How many were put or removed. */
  readonly changes: number
}

/**
 * Makes the store say what the file says. What is as it should be is not touched; what has changed is changed in place, so
 * that tokens live on; what has vanished from the file is removed with its tokens. What was registered in another way is
 * left alone, and an entry of the same name is an error. Throws `StoreUnavailable`.
 */
export async function applyConsumers(read: ReadConsumers, deps: ApplyDeps): Promise<Applied> {
  const { consumers = [], at } = read
  if (!at || !read.consumers) return { diagnostics: [], changes: 0 }
  const diagnostics: Diagnostic[] = []
  const kept = new Set<string>()
  let changes = 0
  for (const [index, consumer] of consumers.entries()) {
    const put = await applyConsumer(consumer, deps.services)
    if (typeof put === 'string') {
      diagnostics.push(at('GW3401', ['consumers', index], put, 'remove it there, or give this one another name'))
      continue
    }
    kept.add(`consumer:${put.id}`)
    changes += put.changed
    for (const [place, application] of consumer.applications.entries()) {
      const path = ['consumers', index, 'applications', place]
      const unknown = (application.apis ?? []).filter((api) => !deps.library.find(api))
      for (const api of unknown)
        diagnostics.push(at('GW3403', [...path, 'apis'], `there is no API ${JSON.stringify(api)}`))
      const outcome = await applyApplication(application, put.id, deps)
      if (outcome === 'taken') {
        const message = `the client id ${JSON.stringify(application.client_id)} was registered in another way`
        diagnostics.push(
          at('GW3401', [...path, 'client_id'], message, 'remove that client, or give this one another id'),
        )
      } else {
        kept.add(`client:${application.client_id}`)
        changes += outcome === 'put' ? 1 : 0
      }
    }
  }
  return { diagnostics, changes: changes + (await removeVanished(kept, deps.services)) }
}

type Put = { readonly id: string; readonly changed: 0 | 1 }

/** The consumer of that username, or of that custom id, is the one that is meant. A text says why it cannot be put. */
async function applyConsumer(declared: DeclaredConsumer, services: OAuthServices): Promise<Put | string> {
  const { store, clock, random, vault } = services
  const { username, custom_id: customId, tags } = declared
  const print = vault.mac('declared', JSON.stringify([username, customId, tags])).toString('base64url')
  for (let attempt = 0; attempt < 5; attempt++) {
    const before = await namedConsumer(declared, services)
    if (before && before.value.declared === undefined) return 'a consumer of this name was registered in another way'
    if (before?.value.declared === print) return { id: before.value.id, changed: 0 }
    const now = clock.now()
    const id = before?.value.id ?? randomUuid(random)
    const after: ConsumerRecord = {
      id,
      ...(username === undefined ? {} : { username }),
      ...(customId === undefined ? {} : { customId }),
      tags,
      declared: print,
      createdAt: before?.value.createdAt ?? now,
      updatedAt: now,
    }
    const commit = putConsumer(after, before)
    const member = { op: 'index', index: DECLARED_INDEX, member: `consumer:${id}`, sort: after.createdAt } as const
    if ((await store.commit({ ...commit, writes: [...(commit.writes ?? []), member] })).ok) return { id, changed: 1 }
  }
  return 'its username and its custom_id belong to different consumers'
}

async function namedConsumer(
  { username, custom_id }: DeclaredConsumer,
  { store }: OAuthServices,
): Promise<Entry<ConsumerRecord> | undefined> {
  const keys = [
    ...(username === undefined ? [] : [consumerNameKey('username', username)]),
    ...(custom_id === undefined ? [] : [consumerNameKey('custom_id', custom_id)]),
  ]
  const names = await store.get(keys)
  const id = names.find((name) => name !== undefined)?.value.consumerId
  return id === undefined ? undefined : (await store.get([consumerKey(id)]))[0]
}

/** Removes what the file once declared and no longer does. */
async function removeVanished(kept: ReadonlySet<string>, services: OAuthServices): Promise<number> {
  const { store, clock } = services
  let removed = 0
  let after: string | undefined
  do {
    const page = await store.list(DECLARED_INDEX, { limit: 200, ...(after === undefined ? {} : { after }) })
    for (const { member } of page.members.filter((one) => !kept.has(one.member))) {
      const [, kind, id = ''] = /^(consumer|client):(.*)$/s.exec(member) ?? []
      if (kind === 'consumer') {
        const [entry] = await store.get([consumerKey(id)])
        if (entry) await store.commit(removeConsumer(entry, clock.now()))
        await removeApplications(id, services)
      } else await endClient(id, services).catch(ignoreMissing)
      await store.commit({ partition: 0, writes: [{ op: 'unindex', index: DECLARED_INDEX, member }] })
      removed++
    }
    after = page.next
  } while (after !== undefined)
  return removed
}

function ignoreMissing(error: unknown): void {
  if ((error as { readonly status?: number }).status !== 404) throw error
}

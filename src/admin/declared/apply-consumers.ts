import { type Diagnostic, hasErrors } from '../../core/diagnostic.ts'
import { removeConsumer } from '../../oauth/consumers/consumer-commit.ts'
import { consumerKey } from '../../oauth/records/consumer.ts'
import type { OAuthServices } from '../../oauth/services.ts'
import { endClient } from '../clients/end-client.ts'
import { removeApplications } from '../resources/consumers.ts'
import { applyApplication } from './apply-application.ts'
import { applyConsumer } from './apply-consumer.ts'
import { type ApplyDeps, DECLARED_INDEX } from './apply-deps.ts'
import type { DeclaredConsumer } from './consumers-file.ts'
import { applicationClash, consumerClash, findFaults } from './find-faults.ts'
import type { At, ReadConsumers } from './read-consumers.ts'

export interface Applied {
  readonly diagnostics: readonly Diagnostic[]
  /** How many were put or removed. */
  readonly changes: number
}

/**
 * Makes the store say what the file says. What is as it should be is not touched; what has changed is changed in place, so
 * that tokens live on; what has vanished from the file is removed with its tokens. What was registered in another way is
 * left alone: an entry of the same name is an error, and then nothing at all is changed. Throws `StoreUnavailable`.
 */
export async function applyConsumers(read: ReadConsumers, deps: ApplyDeps): Promise<Applied> {
  const { consumers, at } = read
  if (!at || !consumers) return { diagnostics: [], changes: 0 }
  const faults = await findFaults(consumers, at, deps)
  if (hasErrors(faults)) return { diagnostics: faults, changes: 0 }
  const { clashes, kept, changes } = await putAll(consumers, at, deps)
  // What clashed a moment ago is not kept, but nobody took it out of the file either.
  const removed = clashes.length > 0 ? 0 : await removeVanished(kept, deps.services)
  return { diagnostics: [...faults, ...clashes], changes: changes + removed }
}

/** Puts everything that the file declares; what clashes with what was registered meanwhile is left out. */
async function putAll(consumers: readonly DeclaredConsumer[], at: At, deps: ApplyDeps) {
  const clashes: Diagnostic[] = []
  const kept = new Set<string>()
  let changes = 0
  for (const [index, consumer] of consumers.entries()) {
    const put = await applyConsumer(consumer, deps.services)
    if ('message' in put) {
      clashes.push(consumerClash(at, index, put))
      continue
    }
    kept.add(`consumer:${put.id}`)
    changes += put.changed
    for (const [place, application] of consumer.applications.entries()) {
      const outcome = await applyApplication(application, put.id, deps)
      if (outcome === 'taken') clashes.push(applicationClash(at, index, place, application))
      else kept.add(`client:${application.client_id}`)
      if (outcome === 'put') changes++
    }
  }
  return { clashes, kept, changes }
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

import { type Delivery, type DeliveryRecord, deliveryKey, freshQueue } from '../delivery.ts'
import { openSealing } from '../sealing.ts'
import type { Listed } from './list.ts'
import { endpointIds, type OperateDeps } from './operate-deps.ts'

/** A notification by its id, in whatever state; undefined when it never was or is not kept any more. */
export async function findDelivery(deps: OperateDeps, id: string): Promise<Listed | undefined> {
  return (await findRecord(deps, id))?.value ?? findQueued(deps, id)
}

export async function findRecord({ store }: OperateDeps, id: string) {
  const [entry] = await store.get<DeliveryRecord>([deliveryKey(id)])
  return entry
}

async function findQueued(deps: OperateDeps, id: string): Promise<Listed | undefined> {
  for (const endpoint of await endpointIds(deps)) {
    const job = await deps.store.job(freshQueue(endpoint), id)
    if (job) return { ...(job.value as Delivery), state: 'queued', dueAt: job.dueAt }
  }
  return undefined
}

/** The answers that a notification's attempts got, where they can still be read. */
export function readAnswers(deps: OperateDeps, delivery: Delivery): readonly (string | undefined)[] {
  const sealing = openSealing(deps.vault)
  return delivery.attempts.map(({ answer }) => (answer === undefined ? undefined : sealing.open(delivery, answer)))
}

import { partitionOf } from '../../store/store.ts'
import { newJob } from '../announce.ts'
import { openSealing } from '../sealing.ts'
import { findDelivery, readAnswers } from './find.ts'
import { type DeliveryFilter, type DeliveryPage, type Listed, listDeliveries } from './list.ts'
import { endpointIds, type OperateDeps } from './operate-deps.ts'
import { type ReplayedPage, type ReplayOutcome, replayMatching, replayOne } from './replay.ts'
import { type EndpointReport, reportAll, reportOne } from './report.ts'

/** What operators see and do of notifications. Bodies are never shown. */
export interface Notifications {
  list(filter: DeliveryFilter, page: { readonly limit: number; readonly after?: string }): Promise<DeliveryPage>
  find(id: string): Promise<(Listed & { readonly answers: readonly (string | undefined)[] }) | undefined>
  replay(id: string): Promise<ReplayOutcome>
  replayMatching(
    filter: DeliveryFilter,
    page: { readonly limit: number; readonly after?: string },
  ): Promise<ReplayedPage>
  endpoints(): Promise<readonly EndpointReport[]>
  /** Undefined for an endpoint that never was. */
  endpoint(id: string): Promise<EndpointReport | undefined>
  /** Sends a `webhook.test` event; the id of its notification, undefined when the endpoint is not live. */
  test(endpointId: string): Promise<string | undefined>
  /** Lets deliveries begin again. What became dead letters meanwhile stays there until it is replayed. */
  enable(endpointId: string): Promise<boolean>
  /** Makes dead letters of everything for this endpoint from now on. */
  disable(endpointId: string): Promise<boolean>
}

export function createNotifications(deps: OperateDeps): Notifications {
  const { deliverer } = deps
  const known = async (id: string): Promise<boolean> => (await endpointIds(deps)).includes(id)
  return {
    list: (filter, page) => listDeliveries(deps, filter, page),
    async find(id) {
      const delivery = await findDelivery(deps, id)
      return delivery && { ...delivery, answers: readAnswers(deps, delivery) }
    },
    replay: (id) => replayOne(deps, id),
    replayMatching: (filter, page) => replayMatching(deps, filter, page),
    endpoints: () => reportAll(deps),
    endpoint: async (id) => ((await known(id)) ? reportOne(deps, id) : undefined),
    test: (id) => sendTest(deps, id),
    async enable(id) {
      if (!(await known(id))) return false
      await deliverer.condition(id).enable()
      deliverer.deliver([id])
      return true
    },
    async disable(id) {
      if (!(await known(id))) return false
      await deliverer.condition(id).disable('operator')
      deliverer.deliver([id])
      return true
    },
  }
}

async function sendTest(deps: OperateDeps, endpointId: string): Promise<string | undefined> {
  const endpoint = deps.endpoints().find(({ id }) => id === endpointId)
  if (!endpoint) return undefined
  const partition = partitionOf(endpointId)
  const at = deps.clock.now()
  const told = { type: 'webhook.test', at, api: endpoint.api, endpoint: endpointId } as const
  const job = newJob(openSealing(deps.vault), deps.random, partition, endpoint, told)
  await deps.store.commit({ partition, enqueue: [job] })
  deps.deliverer.deliver([endpointId])
  return job.id
}

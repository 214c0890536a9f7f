import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { Vault } from '../core/vault.ts'
import type { NewJob, Partition } from '../store/store.ts'
import { type Delivery, deliveryId, freshQueue } from './delivery.ts'
import type { Endpoint } from './endpoint.ts'
import type { Announcer, EventType, GatewayEvent } from './event.ts'
import { eventBody, isClientEvent, isTokenEvent, type Told } from './event-body.ts'
import { openSealing, type Sealing } from './sealing.ts'

export interface AnnouncerDeps {
  readonly vault: Vault
  readonly random: Random
  readonly clock: Clock
  /** The receivers of an API's scheme; of all its schemes when none is named. Empty for what is not live. */
  readonly endpointsOf: (apiId: string, schemeName?: string) => readonly Endpoint[]
  /** Begins delivery at the endpoints with these ids; see `Deliverer`. */
  readonly deliver: (endpointIds: Iterable<string>) => void
}

/** For how long an endpoint that was told of something is looked after at each wake: longer than any commit takes. */
const HOT = 2000

/** Turns events into one job per interested receiver, each with the body as it will be sent, sealed. */
export function createAnnouncer(deps: AnnouncerDeps): Announcer {
  const sealing = openSealing(deps.vault)
  const hot = new Map<string, number>()
  return {
    announce(partition, event) {
      const enqueue = toldOf(event).flatMap((told) =>
        interested(deps, told).map((endpoint) => {
          hot.set(endpoint.id, deps.clock.now())
          return newJob(sealing, deps.random, partition, endpoint, told)
        }),
      )
      return { enqueue, writes: [] }
    },
    listens: (api, type, grantType) => deps.endpointsOf(api).some((endpoint) => wants(endpoint, type, grantType)),
    wake() {
      if (hot.size === 0) return
      const coldBefore = deps.clock.now() - HOT
      for (const [id, at] of hot) if (at < coldBefore) hot.delete(id)
      deps.deliver(hot.keys())
    },
  }
}

/** A client event is told at each API of the client. */
function toldOf(event: GatewayEvent): readonly Exclude<Told, { type: 'webhook.test' }>[] {
  return isClientEvent(event) ? event.apis.map((api) => ({ ...event, api })) : [event]
}

function interested(deps: AnnouncerDeps, told: Exclude<Told, { type: 'webhook.test' }>): readonly Endpoint[] {
  const endpoints = deps.endpointsOf(told.api, 'scheme' in told ? told.scheme : undefined)
  return endpoints.filter((endpoint) => wants(endpoint, told.type, isTokenEvent(told) ? told.grantType : undefined))
}

function wants({ events, clientCredentials }: Endpoint, type: EventType, grantType?: string): boolean {
  return (events.has(type) || events.has('*')) && (grantType !== 'client_credentials' || clientCredentials)
}

/** What may be refused while nobody can be told of it. */
const CAN_WAIT: ReadonlySet<Told['type']> = new Set(['oauth.token.issued', 'oauth.token.refreshed'])

/** The job of one event at one endpoint. Its id begins with the partition, so that it is found by the id alone. */
export function newJob(sealing: Sealing, random: Random, partition: Partition, endpoint: Endpoint, told: Told): NewJob {
  const id = deliveryId(random, told.at, partition)
  const bound = { id, endpoint: endpoint.id, createdAt: told.at }
  const value: Delivery = {
    ...bound,
    api: told.api,
    type: told.type,
    ...('clientId' in told ? { clientId: told.clientId } : {}),
    body: sealing.seal(bound, eventBody(told, endpoint.includeTokens)),
    tried: 0,
    attempts: [],
    replays: 0,
  }
  const bounded = endpoint.atCapacity === 'refuse' && CAN_WAIT.has(told.type) ? { capacity: endpoint.capacity } : {}
  return { queue: freshQueue(endpoint.id), id, dueAt: told.at + (endpoint.schedule[0] ?? 0), value, ...bounded }
}

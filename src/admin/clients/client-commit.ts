import type { Instant } from '../../core/clock.ts'
import type { Announcer, ClientEvent } from '../../notify/event.ts'
import {
  APPLICATIONS_INDEX,
  applicationId,
  applicationOfId,
  applicationsOfConsumer,
  type ClientRecord,
  clientKey,
  clientsIndex,
} from '../../oauth/records/client.ts'
import { MARK } from '../../oauth/tokens/marks.ts'
import type { Commit, IndexWrite, Write } from '../../store/store.ts'
import { withApisSince } from './apis-since.ts'

/** At least one; nobody is told of those that concern no API. */
type Told = readonly [ClientEvent, ...ClientEvent[]]
type Change = Required<Pick<Commit, 'writes' | 'marks' | 'enqueue'>>

/**
 * What belongs into the commit that puts a client: the record with the instants at which it was given its APIs, its places in
 * the lists of its APIs, the mark that makes every process forget what it knew of the client, and the notification.
 */
export function putClient(
  client: ClientRecord,
  before: ClientRecord | undefined,
  type: ClientEvent['type'],
  announcer: Announcer,
  now: Instant,
): Change {
  const key = clientKey(client.clientId)
  const gone = (before?.apis ?? []).filter((api) => !client.apis.includes(api))
  const writes: Write[] = [
    { op: 'put', key, value: withApisSince(client, before, now) },
    ...client.apis.map((api) => indexed(client, api)),
    ...gone.map((api) => unindexed(client, api)),
    ...asApplication(client, before),
  ]
  // For an API that it may not use any more, it has been removed.
  const told: Told = [eventOf(client, client.apis, type, now), eventOf(client, gone, 'oauth.client.deleted', now)]
  return announced(writes, told, announcer)
}

/** The same for removing it. What was issued to it is dead without it, and stays so if the id is registered again. */
export function removeClient(client: ClientRecord, announcer: Announcer, now: Instant): Change {
  const writes: Write[] = [
    { op: 'remove', key: clientKey(client.clientId) },
    ...client.apis.map((api) => unindexed(client, api)),
    ...applicationIndexes(client).map((index): Write => ({ op: 'unindex', index, member: client.clientId })),
  ]
  return announced(writes, [eventOf(client, client.apis, 'oauth.client.deleted', now)], announcer)
}

function eventOf(client: ClientRecord, apis: readonly string[], type: ClientEvent['type'], at: Instant): ClientEvent {
  const { clientId, type: clientType, name } = client
  return { type, at, apis, clientId, clientType, ...(name === undefined ? {} : { name }) }
}

function announced(writes: readonly Write[], [told, ...more]: Told, announcer: Announcer): Change {
  const { clientId, at } = told
  const { partition } = clientKey(clientId)
  const announcements = [told, ...more]
    .filter(({ apis }) => apis.length > 0)
    .map((e) => announcer.announce(partition, e))
  return {
    writes: [...writes, ...announcements.flatMap((announcement) => announcement.writes)],
    enqueue: announcements.flatMap(({ enqueue }) => enqueue),
    marks: [{ topic: MARK.client, id: clientId, at }],
  }
}

const indexed = (client: ClientRecord, api: string): IndexWrite => ({
  op: 'index',
  index: clientsIndex(api),
  member: client.clientId,
  sort: client.createdAt,
})

const unindexed = (client: ClientRecord, api: string): IndexWrite => ({
  op: 'unindex',
  index: clientsIndex(api),
  member: client.clientId,
})

/** Its places among the applications: of all, of its consumer, and under its id. */
function asApplication(client: ClientRecord, before: ClientRecord | undefined): IndexWrite[] {
  const indexes = applicationIndexes(client)
  const gone = before ? applicationIndexes(before).filter((index) => !indexes.includes(index)) : []
  const member = client.clientId
  return [
    ...indexes.map((index): IndexWrite => ({ op: 'index', index, member, sort: client.createdAt })),
    ...gone.map((index): IndexWrite => ({ op: 'unindex', index, member })),
  ]
}

const applicationIndexes = ({ clientId, consumerId }: ClientRecord): string[] => [
  APPLICATIONS_INDEX,
  applicationOfId(applicationId(clientId)),
  ...(consumerId === undefined ? [] : [applicationsOfConsumer(consumerId)]),
]

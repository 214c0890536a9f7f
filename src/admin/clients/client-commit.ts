import type { Instant } from '../../core/clock.ts'
import type { Announcer, ClientEvent } from '../../notify/event.ts'
import { type ClientRecord, clientKey, clientsIndex } from '../../oauth/records/client.ts'
import { MARK } from '../../oauth/tokens/marks.ts'
import type { Commit, IndexWrite, Write } from '../../store/store.ts'

type Change = Required<Pick<Commit, 'writes' | 'marks' | 'enqueue'>>

/**
 * What belongs into the commit that puts a client: the record, its places in the lists of its APIs, the mark that makes
 * every process forget what it knew of the client, and the notification.
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
    { op: 'put', key, value: client },
    ...client.apis.map((api) => indexed(client, api)),
    ...gone.map((api) => unindexed(client, api)),
  ]
  return announced(writes, client, type, announcer, now)
}

/** The same for removing it. What was issued to it is dead without it, and stays so if the id is registered again. */
export function removeClient(client: ClientRecord, announcer: Announcer, now: Instant): Change {
  const writes: Write[] = [
    { op: 'remove', key: clientKey(client.clientId) },
    ...client.apis.map((api) => unindexed(client, api)),
  ]
  return announced(writes, client, 'oauth.client.deleted', announcer, now)
}

function announced(
  writes: readonly Write[],
  client: ClientRecord,
  type: ClientEvent['type'],
  announcer: Announcer,
  now: Instant,
): Change {
  const announcement = announcer.announce(clientKey(client.clientId).partition, {
    type,
    at: now,
    apis: client.apis,
    clientId: client.clientId,
    clientType: client.type,
    ...(client.name === undefined ? {} : { name: client.name }),
  })
  return {
    writes: [...writes, ...announcement.writes],
    enqueue: announcement.enqueue,
    marks: [{ topic: MARK.client, id: client.clientId, at: now }],
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

import type { Instant } from '../../core/clock.ts'
import { type Delivery, type DeliveryRecord, deliveriesIndex, deliveryKey, freshQueue } from '../delivery.ts'
import { endpointIds, type OperateDeps } from './operate-deps.ts'

/** Where a notification is on its way; `queued` was not attempted yet. */
export type DeliveryState = 'queued' | DeliveryRecord['state']
export const DELIVERY_STATES = ['retrying', 'queued', 'dead', 'delivered'] as const satisfies readonly DeliveryState[]

/** A notification in any state. */
export interface Listed extends Delivery, Partial<Pick<DeliveryRecord, 'reason' | 'changedAt' | 'dueAt'>> {
  readonly state: DeliveryState
}

export interface DeliveryFilter {
  readonly endpoint?: string
  readonly api?: string
  readonly states?: readonly DeliveryState[]
  readonly type?: string
  readonly clientId?: string
  /** Only those that came into their state at or after this instant. */
  readonly since?: Instant
  readonly until?: Instant
}

export interface DeliveryPage {
  /** May be fewer than asked for, even none, while there are more. */
  readonly items: readonly Listed[]
  readonly next?: string
}

/** Entries that one call reads at most, whatever it finds. */
const SCANNED = 2000

interface Place {
  readonly endpoint: string
  readonly state: DeliveryState
  readonly after?: string
}

/** Notifications by state, those that may want a hand first, then by endpoint; the newest of each first. */
export async function listDeliveries(
  deps: OperateDeps,
  filter: DeliveryFilter,
  page: { readonly limit: number; readonly after?: string },
): Promise<DeliveryPage> {
  const places = await placesOf(deps, filter)
  const items: Listed[] = []
  let scanned = 0
  for (let place = placeAfter(places, page.after); place; ) {
    if (items.length >= page.limit || scanned >= SCANNED) return { items, next: cursorOf(place) }
    const part = await readPlace(deps, place, filter, page.limit - items.length)
    items.push(...part.items.filter((item) => matches(item, filter)))
    scanned += part.read
    place = part.next === undefined ? following(places, place) : { ...place, after: part.next }
  }
  return { items }
}

async function placesOf(deps: OperateDeps, filter: DeliveryFilter): Promise<readonly Place[]> {
  const ids = filter.endpoint === undefined ? await endpointIds(deps) : [filter.endpoint]
  const wanted = filter.api === undefined ? ids : ids.filter((id) => id.startsWith(`${filter.api}.`))
  const states = filter.states ?? DELIVERY_STATES
  return states.flatMap((state) => wanted.map((endpoint) => ({ endpoint, state })))
}

async function readPlace(deps: OperateDeps, place: Place, filter: DeliveryFilter, limit: number) {
  const { store } = deps
  const cursor = place.after === undefined ? {} : { after: place.after }
  if (place.state === 'queued') {
    const page = await store.jobs(freshQueue(place.endpoint), { limit, ...cursor })
    const fresh = page.jobs.map(({ value, dueAt }) => ({ ...(value as Delivery), dueAt }))
    const items = fresh
      .filter(({ attempts }) => attempts.length === 0)
      .map((item): Listed => ({ ...item, state: 'queued' }))
    return { items, read: page.jobs.length, next: page.next }
  }
  // Retried ones stand in the order of their events, which is not that of the filter.
  const from = filter.since === undefined || place.state === 'retrying' ? {} : { from: filter.since }
  const page = await store.list(deliveriesIndex(place.endpoint, place.state), {
    limit,
    descending: true,
    ...cursor,
    ...from,
  })
  const records = await store.get(page.members.map(({ member }) => deliveryKey(member)))
  const items = records.flatMap((entry): Listed[] => (entry?.value.state === place.state ? [entry.value] : []))
  return { items, read: page.members.length, next: page.next }
}

function matches(item: Listed, { api, type, clientId, since, until }: DeliveryFilter): boolean {
  const at = item.changedAt ?? item.createdAt
  return (
    (api === undefined || item.api === api) &&
    (type === undefined || item.type === type) &&
    (clientId === undefined || item.clientId === clientId) &&
    (since === undefined || at >= since) &&
    (until === undefined || at < until)
  )
}

const cursorOf = ({ endpoint, state, after }: Place): string =>
  Buffer.from(JSON.stringify([endpoint, state, after ?? null])).toString('base64url')

/** A cursor that makes no sense is the beginning; one of an endpoint that has gone is the end. */
function placeAfter(places: readonly Place[], cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return places[0]
  const read = readCursor(cursor)
  if (!read) return places[0]
  const [endpoint, state, after] = read
  const place = places.find((one) => one.endpoint === endpoint && one.state === state)
  return place && { ...place, ...(typeof after === 'string' ? { after } : {}) }
}

function readCursor(cursor: string): readonly unknown[] | undefined {
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(read) ? read : undefined
  } catch {
    return undefined
  }
}

function following(places: readonly Place[], place: Place): Place | undefined {
  const index = places.findIndex(({ endpoint, state }) => endpoint === place.endpoint && state === place.state)
  return places[index + 1]
}

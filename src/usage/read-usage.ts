import type { Instant } from '../core/clock.ts'
import type { Store } from '../store/store.ts'
import { BUCKETS, type Bucket, restored, startOf, type UsageRecord, usageIndex, usageKey } from './buckets.ts'
import type { UsageRow } from './slice.ts'
import { addTally, newTally, type Tally } from './tally.ts'

/** What usage is told apart by; `status` splits what is counted as well. */
export const DIMENSIONS = ['time', 'api', 'operation', 'client', 'status'] as const
export type Dimension = (typeof DIMENSIONS)[number]

export interface UsageQuery {
  /** Both are widened to whole buckets. */
  readonly from: Instant
  readonly to: Instant
  readonly bucket: Bucket
  readonly by: ReadonlySet<Dimension>
  readonly only: Partial<Readonly<Record<'api' | 'operation' | 'client', string>>>
}

/** What was counted together; dimensions that were not asked for are missing. */
export interface UsageGroup {
  readonly time?: Instant
  readonly api?: string
  readonly operation?: string
  readonly client?: string
  readonly status?: number
  readonly tally: Tally
}

const PAGE = 1000
/** Buckets of one query at most. */
export const MOST_BUCKETS = 800

/** Adds up what all processes have written down, in the order of time and names. Throws `StoreUnavailable`. */
export async function readUsage(store: Store, query: UsageQuery): Promise<readonly UsageGroup[]> {
  const groups = new Map<string, UsageGroup>()
  for await (const record of recordsOf(store, query)) {
    for (const row of record.rows.map(restored)) {
      if (fits(row, query)) addRow(groups, row, record.start, query.by)
    }
  }
  return [...groups.values()].sort(inOrder)
}

async function* recordsOf(store: Store, { from, to, bucket }: UsageQuery): AsyncGenerator<UsageRecord> {
  const first = startOf(bucket, from)
  let after: string | undefined
  do {
    const page = await store.list(usageIndex(bucket), { from: first, limit: PAGE, ...(after ? { after } : {}) })
    const members = page.members.filter(({ sort }) => sort < to)
    for (let at = 0; at < members.length; at += 20) {
      const keys = members.slice(at, at + 20).map(({ member, sort }) => usageKey(bucket, sort, idOf(member)))
      for (const entry of await store.get(keys)) if (entry) yield entry.value
    }
    after = members.length < page.members.length ? undefined : page.next
  } while (after !== undefined)
}

const idOf = (member: string): string => member.slice(member.indexOf(':') + 1)

const fits = (row: UsageRow, { only }: UsageQuery): boolean =>
  (only.api === undefined || row.api === only.api) &&
  (only.operation === undefined || row.operation === only.operation) &&
  (only.client === undefined || row.client === only.client)

function addRow(groups: Map<string, UsageGroup>, row: UsageRow, time: Instant, by: ReadonlySet<Dimension>): void {
  const names = {
    ...(by.has('time') ? { time } : {}),
    ...(by.has('api') ? { api: row.api } : {}),
    ...(by.has('operation') ? { operation: row.operation } : {}),
    ...(by.has('client') ? { client: row.client } : {}),
  }
  if (!by.has('status')) {
    addTally(groupOf(groups, names).tally, row.tally)
    return
  }
  for (const [status, amount] of Object.entries(row.tally.statuses)) {
    const { tally } = groupOf(groups, { ...names, status: Number(status) })
    tally.statuses[Number(status)] = (tally.statuses[Number(status)] ?? 0) + amount
  }
}

function groupOf(groups: Map<string, UsageGroup>, names: Omit<UsageGroup, 'tally'>): UsageGroup {
  const key = JSON.stringify(names)
  const known = groups.get(key)
  if (known) return known
  const fresh = { ...names, tally: newTally() }
  groups.set(key, fresh)
  return fresh
}

function inOrder(a: UsageGroup, b: UsageGroup): number {
  return (
    (a.time ?? 0) - (b.time ?? 0) ||
    compare(a.api, b.api) ||
    compare(a.operation, b.operation) ||
    compare(a.client, b.client) ||
    (a.status ?? 0) - (b.status ?? 0)
  )
}

const compare = (a = '', b = ''): number => (a < b ? -1 : a > b ? 1 : 0)

/** The finest bucket that reaches back to `from` and makes no more than 400 of them. */
export function bucketFor(from: Instant, to: Instant, now: Instant): Bucket {
  const length = to - from
  if (length <= 400 * BUCKETS.minute.length && now - from <= BUCKETS.minute.keptFor) return 'minute'
  return length <= 400 * BUCKETS.hour.length && now - from <= BUCKETS.hour.keptFor ? 'hour' : 'day'
}

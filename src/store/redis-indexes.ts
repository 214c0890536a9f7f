import type { Clock } from '../core/clock.ts'
import { decodeCursor, encodeCursor, type PageCursor, pageLimit } from './page-cursor.ts'
import type { Argument, RedisClient } from './redis-client.ts'
import { INDEX_BUCKETS, type IndexNames, indexNames } from './redis-keys.ts'
import { decodeMember, encodeMember } from './redis-members.ts'
import { PAGE } from './redis-scripts.ts'
import type { IndexPage, PageRequest } from './store.ts'

/** A page of an index: merged from its sorted sets, in each of which the members are found by rank. */
export async function listFromRedis(
  client: RedisClient,
  clock: Clock,
  index: string,
  page: PageRequest,
): Promise<IndexPage> {
  const names = indexNames(index)
  const limit = pageLimit(page.limit)
  const ask = (zset: string, share: number) =>
    client.run(PAGE, [zset, names.life], pageArguments(page, clock.now(), share))
  const [life, base] = await Promise.all([client.call('GET', names.life), ask(names.base, limit + 1)])
  const sets = [{ rows: toRows(base), full: limit + 1 }]
  if (String(life).endsWith(' 1')) sets.push(...(await askBuckets(names, limit, ask)))
  const order = page.descending ? -1 : 1
  return toPage(merge(sets, order), limit)
}

interface Row {
  readonly sort: number
  /** As stored. */
  readonly member: Buffer
}

interface Part {
  readonly rows: readonly Row[]
  /** That many rows mean that the sorted set may have more. */
  readonly full: number
}

async function askBuckets(names: IndexNames, limit: number, ask: (zset: string, share: number) => Promise<unknown>) {
  // Members are spread evenly: a bucket that holds more of a page than this only makes the page shorter.
  const mean = (limit + 1) / INDEX_BUCKETS
  const full = Math.min(limit + 1, Math.ceil(mean + 6 * Math.sqrt(mean) + 4))
  const buckets = Array.from({ length: INDEX_BUCKETS }, (_, number) => ask(names.bucket(number), full))
  return (await Promise.all(buckets)).map((answer) => ({ rows: toRows(answer), full }))
}

function pageArguments(page: PageRequest, now: number, share: number): Argument[] {
  const cursor = cursorWithin(page)
  const place = cursor ? [cursor.sort, encodeMember(cursor.tie)] : ['', '']
  return [now, page.from ?? '-inf', share, ...place, page.descending ? '1' : '']
}

function cursorWithin(page: PageRequest): PageCursor | undefined {
  const cursor = decodeCursor(page.after)
  return cursor && cursor.sort >= (page.from ?? -Infinity) ? cursor : undefined
}

/** Members and sorts, as Redis lists them in turn. */
function toRows(answer: unknown): Row[] {
  const flat = answer as Buffer[]
  return flat.flatMap((member, at) => (at % 2 === 0 ? { member, sort: Number(flat[at + 1]) } : []))
}

/** All rows in order, up to where a set that gave all it was asked for might have gone on. */
function merge(parts: readonly Part[], order: 1 | -1): { readonly rows: readonly Row[]; readonly more: boolean } {
  const compare = (a: Row, b: Row): number => order * (a.sort - b.sort || Buffer.compare(a.member, b.member))
  const ends = parts.flatMap(({ rows, full }) => (rows.length === full ? [...rows].sort(compare).slice(-1) : []))
  const end = ends.sort(compare)[0]
  const rows = parts.flatMap((part) => part.rows).sort(compare)
  return end ? { rows: rows.filter((row) => compare(row, end) <= 0), more: true } : { rows, more: false }
}

function toPage({ rows, more }: ReturnType<typeof merge>, limit: number): IndexPage {
  const members = rows.slice(0, limit).map(({ member, sort }) => ({ member: decodeMember(member), sort }))
  const end = members.at(-1)
  return {
    members,
    ...(end && (more || rows.length > limit) ? { next: encodeCursor({ sort: end.sort, tie: end.member }) } : {}),
  }
}

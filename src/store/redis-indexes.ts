import type { Clock } from '../core/clock.ts'
import { decodeCursor, encodeCursor, type PageCursor, pageLimit } from './page-cursor.ts'
import type { Argument, RedisClient } from './redis-client.ts'
import { INDEX_BUCKETS, type IndexNames, indexNames } from './redis-keys.ts'
import { decodeMember, encodeMember } from './redis-members.ts'
import { PAGES } from './redis-scripts.ts'
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
  const [longest, , wide] = String((await client.call('GET', names.life)) ?? 'inf 0 0').split(' ')
  const expired = longest === 'inf' ? '-inf' : clock.now() - Number(longest)
  const ask = async (zsets: readonly string[], full: number): Promise<Part[]> => {
    const answer = (await client.run(PAGES, zsets, pageArguments(page, expired, full))) as Buffer[][]
    return answer.map((flat) => ({ rows: toRows(flat), full }))
  }
  const sets = await Promise.all([ask([names.base], limit + 1), ...(wide === '1' ? askBuckets(names, limit, ask) : [])])
  const order = page.descending ? -1 : 1
  return toPage(merge(sets.flat(), order), limit)
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

type Ask = (zsets: readonly string[], full: number) => Promise<Part[]>

/** Buckets asked in one script: none keeps the server busy for long. */
const TOGETHER = 64

function askBuckets(names: IndexNames, limit: number, ask: Ask): Promise<Part[]>[] {
  // Members are spread evenly: a bucket that holds more of a page than this only makes the page shorter.
  const mean = (limit + 1) / INDEX_BUCKETS
  const full = Math.min(limit + 1, Math.ceil(mean + 4 * Math.sqrt(mean) + 2))
  return Array.from({ length: INDEX_BUCKETS / TOGETHER }, (_, group) => {
    const buckets = Array.from({ length: TOGETHER }, (_, at) => names.bucket(group * TOGETHER + at))
    return ask(buckets, full)
  })
}

function pageArguments(page: PageRequest, expired: number | '-inf', full: number): Argument[] {
  const cursor = cursorWithin(page)
  const place = cursor ? [cursor.sort, encodeMember(cursor.tie)] : ['', '']
  return [expired, page.from ?? '-inf', full, ...place, page.descending ? '1' : '']
}

function cursorWithin(page: PageRequest): PageCursor | undefined {
  const cursor = decodeCursor(page.after)
  return cursor && cursor.sort >= (page.from ?? -Infinity) ? cursor : undefined
}

/** Members and sorts, as Redis lists them in turn. */
function toRows(flat: readonly Buffer[]): Row[] {
  const rows: Row[] = []
  for (let at = 0; at + 1 < flat.length; at += 2) {
    rows.push({ member: flat[at] as Buffer, sort: Number(String(flat[at + 1])) })
  }
  return rows
}

/** All rows in order, up to where a set that gave all it was asked for might have gone on. */
function merge(parts: readonly Part[], order: 1 | -1): { readonly rows: readonly Row[]; readonly more: boolean } {
  const compare = (a: Row, b: Row): number => order * (a.sort - b.sort || Buffer.compare(a.member, b.member))
  let end: Row | undefined
  for (const { rows, full } of parts) {
    const last = rows.length === full ? rows.at(order === 1 ? -1 : 0) : undefined // Redis answers in ascending order
    if (last && (!end || compare(last, end) < 0)) end = last
  }
  const rows: Row[] = []
  for (const part of parts) for (const row of part.rows) if (!end || compare(row, end) <= 0) rows.push(row)
  return { rows: rows.sort(compare), more: end !== undefined }
}

function toPage({ rows, more }: ReturnType<typeof merge>, limit: number): IndexPage {
  const members = rows.slice(0, limit).map(({ member, sort }) => ({ member: decodeMember(member), sort }))
  const end = members.at(-1)
  return {
    members,
    ...(end && (more || rows.length > limit) ? { next: encodeCursor({ sort: end.sort, tie: end.member }) } : {}),
  }
}

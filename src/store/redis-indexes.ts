import type { Clock } from '../core/clock.ts'
import { decodeCursor, encodeCursor, pageLimit } from './page-cursor.ts'
import type { RedisClient } from './redis-client.ts'
import { indexNames } from './redis-keys.ts'
import { decodeMember, encodeMember } from './redis-members.ts'
import { PAGE } from './redis-scripts.ts'
import type { IndexPage, PageRequest } from './store.ts'

/** A page of an index: a sorted set whose members are found by rank. */
export async function listFromRedis(
  client: RedisClient,
  clock: Clock,
  index: string,
  page: PageRequest,
): Promise<IndexPage> {
  const limit = pageLimit(page.limit)
  const found = decodeCursor(page.after)
  const cursor = found && found.sort >= (page.from ?? -Infinity) ? found : undefined
  const place = cursor ? [cursor.sort, encodeMember(cursor.tie)] : ['', '']
  const args = [clock.now(), page.from ?? '-inf', limit + 1, ...place, page.descending ? '1' : '']
  const flat = (await client.run(PAGE, indexNames(index), args)) as Buffer[]
  const ascending = flat.flatMap((member, at) =>
    at % 2 === 0 ? { member: decodeMember(member), sort: Number(flat[at + 1]) } : [],
  )
  const rows = page.descending ? ascending.reverse() : ascending
  const end = rows.length > limit ? rows[limit - 1] : undefined
  return {
    members: rows.slice(0, limit),
    ...(end ? { next: encodeCursor({ sort: end.sort, tie: end.member }) } : {}),
  }
}

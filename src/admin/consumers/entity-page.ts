import type { Parameters } from '../../oauth/http.ts'
import type { IndexPage, Store } from '../../store/store.ts'
import type { AdminAnswer } from '../admin-route.ts'
import { schemaViolation } from './field-problem.ts'

export interface EntityPage {
  readonly limit: number
  readonly after?: string
}

const DEFAULT_SIZE = 100
const MAX_SIZE = 1000

/** `?size=1…1000&offset=…` of a list, where `offset` is what the page before named. Throws 400. */
export function entityPage(query: Parameters): EntityPage {
  const after = query.get('offset')
  const text = query.get('size') ?? String(DEFAULT_SIZE)
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > MAX_SIZE) {
    throw schemaViolation({ size: `must be an integer between 1 and ${MAX_SIZE}` })
  }
  return { limit, ...(after === undefined ? {} : { after }) }
}

/** A list of entities: `next` is the path of the next page, null on the last one. */
export function entityList(
  data: readonly unknown[],
  next: string | undefined,
  path: string,
  query: Parameters,
): AdminAnswer {
  if (next === undefined) return { status: 200, body: { data, next: null } }
  const kept = query.entries.filter(([name]) => name !== 'offset')
  const following = new URLSearchParams([...kept.map(([name, value]) => [name, value]), ['offset', next]])
  return { status: 200, body: { data, next: `${path}?${following}`, offset: next } }
}

/** `?tags=a,b`: all of them, `?tags=a/b`: any of them. */
export function tagFilter(query: Parameters): (entity: { readonly tags?: readonly string[] }) => boolean {
  const text = query.get('tags')
  if (text === undefined) return () => true
  const any = text.includes('/')
  const tags = text.split(any ? '/' : ',')
  return (entity) => {
    const own = entity.tags ?? []
    return any ? tags.some((tag) => own.includes(tag)) : tags.every((tag) => own.includes(tag))
  }
}

/**
 * As many entries of an index as a page has room for, whatever the filter drops on the way; at most `SCANNED` pages are
 * read for one.
 */
export async function filledPage<T>(
  store: Store,
  index: string,
  page: EntityPage,
  read: (members: IndexPage['members']) => Promise<readonly (T | undefined)[]>,
): Promise<{ readonly items: readonly T[]; readonly next?: string }> {
  const items: T[] = []
  let after = page.after
  for (let scanned = 0; scanned < SCANNED; scanned++) {
    const wanted = page.limit - items.length
    const found = await store.list(index, { limit: wanted, ...(after === undefined ? {} : { after }) })
    items.push(...(await read(found.members)).filter((item) => item !== undefined))
    after = found.next
    if (after === undefined || items.length >= page.limit) break
  }
  return { items, ...(after === undefined ? {} : { next: after }) }
}

const SCANNED = 20

import { Problem } from '../../core/problem.ts'
import type { Parameters } from '../../oauth/http.ts'
import type { AdminAnswer } from '../admin-route.ts'

export interface ListPage {
  readonly limit: number
  readonly after?: string
}

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

/** `?limit=1…1000&after=…` of a list. Throws 400 `invalid_query`. */
export function listPage(query: Parameters): ListPage {
  const after = query.get('after')
  const text = query.get('limit') ?? String(DEFAULT_LIMIT)
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > MAX_LIMIT) {
    throw new Problem(400, 'invalid_query', `limit: a whole number from 1 to ${MAX_LIMIT}.`)
  }
  return { limit, ...(after === undefined ? {} : { after }) }
}

/** Every list looks like this; `next`, when it is there, is the `after` of the next page. */
export function pageAnswer(data: readonly unknown[], next: string | undefined): AdminAnswer {
  return { status: 200, body: { data, ...(next === undefined ? {} : { next }) } }
}

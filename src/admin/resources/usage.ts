import type { Clock } from '../../core/clock.ts'
import { Problem } from '../../core/problem.ts'
import type { Store } from '../../store/store.ts'
import { BadUsageQuery, parseUsageQuery } from '../../usage/parse-query.ts'
import { DIMENSIONS, readUsage, type UsageQuery } from '../../usage/read-usage.ts'
import type { UsageRecorder } from '../../usage/recorder.ts'
import { usageCsv, usageLine } from '../../usage/usage-view.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { listPage, pageAnswer } from '../http/page.ts'

export interface UsageDeps {
  readonly store: Store
  readonly clock: Clock
  readonly usage: UsageRecorder
}

/**
 * `GET /api/usage?from&to&bucket&by&api&operation&client`: how the APIs were used, by all gateways on the store; those
 * that are not asked tell with some seconds' delay. `format=csv` gives all lines as a table, otherwise they are paged.
 */
export function usageRoutes(deps: UsageDeps): readonly AdminRoute[] {
  return [{ method: 'GET', path: '/api/usage', action: 'usage.read', handle: (request) => read(request, deps) }]
}

async function read({ query }: AdminRequest, { store, clock, usage }: UsageDeps): Promise<AdminAnswer> {
  const asked = parsed((name) => query.get(name), clock)
  await usage.flush()
  const lines = (await readUsage(store, asked)).map(usageLine)
  if (query.get('format') === 'csv') {
    const dimensions = DIMENSIONS.filter((name) => asked.by.has(name))
    const headers = {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="usage.csv"',
    }
    return { status: 200, headers, body: usageCsv(lines, dimensions) }
  }
  const { limit, after } = listPage(query)
  const start = after !== undefined && /^\d{1,9}$/.test(after) ? Number(after) : 0
  const end = start + limit
  const page = pageAnswer(lines.slice(start, end), end < lines.length ? String(end) : undefined)
  const { from, to, bucket } = asked
  const span = { from: new Date(from).toISOString(), to: new Date(to).toISOString(), bucket }
  return { ...page, body: { ...span, ...(page.body as object) } }
}

function parsed(get: (name: string) => string | undefined, clock: Clock): UsageQuery {
  try {
    return parseUsageQuery(get, clock.now())
  } catch (error) {
    if (error instanceof BadUsageQuery) throw new Problem(400, 'invalid_query', `${error.message}.`, { cause: error })
    throw error
  }
}

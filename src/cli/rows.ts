import type { AdminClient } from './admin-client.ts'

/** A row of the admin API's lists. */
export type Row = Readonly<Record<string, unknown>>

/** Rows of one call: the most that the admin API gives. */
const PAGE = 1000

/**
 * The rows of a list of the admin API at `path`, page after page, `most` at most. A page may be empty while there are
 * more: what the list goes over for it is bounded. Throws `AdminCallError`.
 */
export async function* rowsOf(
  client: AdminClient,
  path: string,
  { query = {}, most = Number.POSITIVE_INFINITY }: { query?: Readonly<Record<string, string>>; most?: number } = {},
): AsyncGenerator<Row> {
  let left = most
  let after: unknown
  do {
    const limit = String(Math.min(PAGE, left))
    const parameters = new URLSearchParams({
      ...query,
      limit,
      ...(after === undefined ? {} : { after: String(after) }),
    })
    const page = await client.call('GET', `${path}?${parameters}`)
    const rows = Array.isArray(page['data']) ? (page['data'] as readonly Row[]) : []
    yield* rows
    left -= rows.length
    after = page['next']
  } while (after !== undefined && left > 0)
}

/** All rows of such a list. */
export async function allRows(client: AdminClient, path: string): Promise<readonly Row[]> {
  const rows: Row[] = []
  for await (const row of rowsOf(client, path)) rows.push(row)
  return rows
}

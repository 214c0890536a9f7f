import { scheduler } from 'node:timers/promises'
import type { AdminClient } from '../admin-client.ts'
import type { Row } from '../rows.ts'
import { cell } from './lines.ts'

/** Milliseconds between two looks; how many changes are remembered, so that none is shown twice. */
const PAUSE = 1000
const REMEMBERED = 20_000

/** Shows what changes from `since` on, until `signal` ends it. `show` is called once for each change. */
export async function follow(
  client: AdminClient,
  filter: Readonly<Record<string, string>>,
  since: number,
  show: (row: Row) => void,
  signal?: AbortSignal,
): Promise<void> {
  const shown = new Set<string>()
  let from = since
  while (!signal?.aborted) {
    const rows = await changedSince(client, { ...filter, since: new Date(from).toISOString() })
    for (const row of rows) {
      const change = `${cell(row, 'id')} ${cell(row, 'state')} ${cell(row, 'attempt_count')} ${cell(row, 'replays')}`
      if (shown.has(change)) continue
      shown.add(change)
      if (shown.size > REMEMBERED) shown.delete([...shown][0] ?? '')
      from = Math.max(from, Date.parse(cell(row, 'changed_at') || cell(row, 'created_at')) - PAUSE)
      show(row)
    }
    await scheduler.wait(PAUSE, signal ? { signal } : {}).catch(() => {}) // ended while waiting
  }
}

async function changedSince(client: AdminClient, filter: Readonly<Record<string, string>>): Promise<readonly Row[]> {
  const rows: Row[] = []
  let after: string | undefined
  do {
    const query = new URLSearchParams({ ...filter, limit: '500', ...(after === undefined ? {} : { after }) })
    const page = await client.call('GET', `/api/notifications?${query}`)
    rows.push(...((page['data'] ?? []) as readonly Row[]))
    after = typeof page['next'] === 'string' ? page['next'] : undefined
  } while (after !== undefined && rows.length < REMEMBERED)
  const at = (row: Row): string => cell(row, 'changed_at') || cell(row, 'created_at')
  return rows.sort((a, b) => at(a).localeCompare(at(b)))
}

import type { AdminClient } from '../admin-client.ts'

/** A document as a running gateway has it. */
export interface ServedDocument {
  readonly id: string
  readonly file: string
  readonly text: string
  readonly etag: string
}

/** All documents of a gateway, page by page. `tell` hears how many were fetched. */
export async function servedDocuments(
  client: AdminClient,
  tell: (done: number, total: number) => void = () => undefined,
): Promise<readonly ServedDocument[]> {
  const rows = await listed(client)
  const found: ServedDocument[] = []
  for (const { id, file } of rows) {
    const { text, etag } = await client.send('GET', `/api/apis/${encodeURIComponent(id)}`)
    found.push({ id, file, text, etag })
    tell(found.length, rows.length)
  }
  return found
}

async function listed(client: AdminClient): Promise<readonly { readonly id: string; readonly file: string }[]> {
  const rows: { readonly id: string; readonly file: string }[] = []
  let after: string | undefined
  do {
    const query = new URLSearchParams({ limit: '500', ...(after === undefined ? {} : { after }) })
    const page = await client.call('GET', `/api/apis?${query}`)
    rows.push(...((page['data'] ?? []) as readonly { readonly id: string; readonly file: string }[]))
    after = typeof page['next'] === 'string' ? page['next'] : undefined
  } while (after !== undefined)
  return rows
}

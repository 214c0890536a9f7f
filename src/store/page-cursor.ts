/** Where a page ended: the place of its last member. `tie` tells it from others of the same sort. */
export interface PageCursor {
  readonly sort: number
  readonly tie: string
}

/** A cursor as a text that may stand in a URL. */
export function encodeCursor(cursor: PageCursor): string {
  return Buffer.from(JSON.stringify([cursor.sort, cursor.tie])).toString('base64url')
}

/** The cursor of a text; undefined for anything that `encodeCursor` did not make. */
export function decodeCursor(text: string | undefined): PageCursor | undefined {
  if (text === undefined || text.length > 4096) return undefined
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (!Array.isArray(parsed)) return undefined
    const [sort, tie] = parsed as unknown[]
    return typeof sort === 'number' && typeof tie === 'string' ? { sort, tie } : undefined
  } catch {
    return undefined // not JSON: no cursor of ours
  }
}

/** The limit of a page, held to what the contract allows. */
export const pageLimit = (limit: number): number => Math.min(1000, Math.max(1, Math.trunc(limit) || 1))

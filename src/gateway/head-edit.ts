/** Status and headers of an answer that is about to leave. */
export interface ResponseHead {
  readonly status: number
  /** Flat: name, value, name, value. May be changed in place or replaced. */
  headers: string[]
}

/** Changes the head of an answer. Must not throw. */
export type HeadEdit = (head: ResponseHead) => void

/** The headers that remain after all edits. */
export function edited(status: number, headers: string[], edits: readonly HeadEdit[]): string[] {
  if (edits.length === 0) return headers
  const head: ResponseHead = { status, headers }
  for (const edit of edits) edit(head)
  return head.headers
}

import { Problem } from '../../core/problem.ts'
import { unifiedDiff } from '../../document/merge/unified-diff.ts'
import type { DocumentChanges } from '../../gateway/documents/change-document.ts'
import type { DocumentStatus } from '../../gateway/documents/document.ts'
import type { AdminAnswer, AdminRequest } from '../admin-route.ts'
import type { LibraryEntry } from '../library.ts'
import { entryOf } from '../published-library.ts'
import { entityTag, matches, summaryOf } from '../resources/apis.ts'
import { overtaken, preconditionFailed, refusedDocument, writing } from './document-problems.ts'

/** The text of a document now, as the call means it: `If-Match` must name it. Throws 404, 412. */
export async function currentText(
  { headers }: AdminRequest,
  entry: LibraryEntry,
  changes: DocumentChanges,
): Promise<string> {
  const text = await changes.read(entry.file)
  if (text === undefined) throw new Problem(404, 'document_gone', 'The file of this API has gone.')
  const condition = headers['if-match']
  if (condition !== undefined && !matches(condition, entityTag(text))) throw preconditionFailed(entityTag(text))
  return text
}

/** `?dryRun=true`: everything is checked and nothing is written. Throws 400. */
export function isDryRun(request: AdminRequest): boolean {
  return queryFlag(request, 'dryRun')
}

/** A switch in the query, off unless said otherwise. Throws 400 `invalid_query` for anything but true and false. */
export function queryFlag({ query }: AdminRequest, name: string): boolean {
  const [text, ...more] = query.entries.flatMap(([key, value]) => (key === name ? [value] : []))
  if (more.length > 0) throw new Problem(400, 'invalid_query', `${name}: sent more than once.`)
  if (text === undefined || text === 'false' || text === '0') return false
  if (text === 'true' || text === '1' || text === '') return true
  throw new Problem(400, 'invalid_query', `${name}: true or false.`)
}

export interface Written {
  readonly file: string
  readonly before: string | undefined
  readonly after: string
  /** What the answer says besides. */
  readonly members?: Readonly<Record<string, unknown>>
}

/** Writes a document and publishes it, or (dry) says what would become of it. Throws 409, 422. */
export async function writeDocument(
  changes: DocumentChanges,
  { file, before, after, members = {} }: Written,
  dry: boolean,
  admit: (status: DocumentStatus) => void = () => undefined,
): Promise<AdminAnswer> {
  const headers = { etag: entityTag(after) }
  if (dry) {
    const status = await changes.examine(file, after)
    if (status.status !== 'live') throw refusedDocument(status.diagnostics)
    admit(status)
    const diff = unifiedDiff(file, before ?? '', after)
    return {
      status: 200,
      body: { dry_run: true, ...viewOf(status), ...members, ...(diff === undefined ? {} : { diff }) },
    }
  }
  const outcome = await writing(() => changes.apply({ file, before, after }, admit))
  if (outcome.kind === 'refused') throw refusedDocument(outcome.diagnostics)
  if (outcome.kind === 'overtaken' || !outcome.status) throw overtaken()
  const view = viewOf(outcome.status)
  const audit = { api: view['id'], file }
  if (before !== undefined) return { status: 200, headers, body: { ...view, ...members }, audit }
  const location = `/api/apis/${encodeURIComponent(String(view['id']))}`
  return { status: 201, headers: { ...headers, location }, body: { ...view, ...members }, audit }
}

function viewOf(status: DocumentStatus): Readonly<Record<string, unknown>> {
  return { ...summaryOf(entryOf(status)), diagnostics: status.diagnostics }
}

/** An id is for ever: clients and tokens belong to it. */
export function keepsId(entry: LibraryEntry): (status: DocumentStatus) => void {
  return ({ api }) => {
    if (!entry.api || !api || api.id === entry.id) return
    const detail = `The document would be that of the API ${JSON.stringify(api.id)}; an id cannot be changed.`
    throw new Problem(422, 'id_changed', `${detail} Set x-gateway.info.id to ${JSON.stringify(entry.id)}.`)
  }
}

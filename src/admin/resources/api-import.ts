import { z } from 'zod'
import type { CompileContext } from '../../api/compile-context.ts'
import type { ImportedFrom } from '../../api/import/import-document.ts'
import type { ImportOptions } from '../../api/import/import-options.ts'
import { toPointer } from '../../core/json-pointer.ts'
import { Problem } from '../../core/problem.ts'
import { noFolder } from '../../document/folder.ts'
import { fetchDocument } from '../../document/import/fetch-document.ts'
import { memoryFolder } from '../../document/import/memory-folder.ts'
import { unifiedDiff } from '../../document/merge/unified-diff.ts'
import type { DocumentChanges } from '../../gateway/documents/change-document.ts'
import type { Outbound } from '../../outbound/outbound.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { overtaken, preconditionFailed, refusedDocument, writing } from '../documents/document-problems.ts'
import { type ImportRequest, type ImportResult, importInto } from '../documents/import-into.ts'
import { isDryRun, queryFlag } from '../documents/write-document.ts'
import type { Library } from '../library.ts'
import { apiExists, documentBody } from './api-documents.ts'
import { entityTag, matches } from './apis.ts'

export interface ImportDeps {
  readonly library: Library
  readonly changes: DocumentChanges
  readonly context: CompileContext
  readonly outbound: Outbound
}

/** `POST /api/apis/import`: a plain OpenAPI or Swagger document, in the body or at `?url=`, becomes an API. */
export function apiImportRoutes(deps: ImportDeps): readonly AdminRoute[] {
  return [
    { method: 'POST', path: '/api/apis/import', action: 'api.import', handle: (request) => importApi(request, deps) },
  ]
}

async function importApi(
  request: AdminRequest,
  { library, changes, context, outbound }: ImportDeps,
): Promise<AdminAnswer> {
  const [repeated] = request.query.repeated
  if (repeated !== undefined) throw new Problem(400, 'invalid_query', `${repeated}: sent more than once.`)
  const { from, url } = await sourceOf(request, outbound)
  const wish: ImportRequest = {
    from,
    options: { ...optionsOf(request), ...(url === undefined ? {} : { url }) },
    ...modeOf(request),
    dryRun: isDryRun(request),
  }
  const find = (id: string) => library.find(id)
  await checkCondition(request, wish, { changes, context, find })
  const result = await writing(() => importInto(wish, { changes, context, find }))
  return answerOf(result, wish)
}

/** RFC 9110 §13.1.1: `If-Match` names the version that a merge was planned with. */
async function checkCondition(
  { headers }: AdminRequest,
  wish: ImportRequest,
  environment: Parameters<typeof importInto>[1],
): Promise<void> {
  const condition = headers['if-match']
  if (condition === undefined) return
  const { before } = await importInto({ ...wish, dryRun: true }, environment)
  const etag = before === undefined ? '"none"' : entityTag(before)
  if (before === undefined || !matches(condition, etag)) throw preconditionFailed(etag)
}

async function sourceOf(
  request: AdminRequest,
  outbound: Outbound,
): Promise<{ readonly from: ImportedFrom; readonly url?: string }> {
  const address = request.query.get('url')
  if (address === undefined) return { from: { file: 'body', text: documentBody(request), folder: noFolder } }
  const fetched = await fetchDocument(address, outbound)
  if (!fetched.ok) throw new Problem(422, 'not_fetched', `${fetched.error}.`)
  const { file, text, parts, url } = fetched.value
  return { from: { file, text, folder: memoryFolder(parts) }, url }
}

const text = (query: AdminRequest['query'], name: string): string | undefined => query.get(name) || undefined

function optionsOf(request: AdminRequest): ImportOptions {
  const { query } = request
  const given = {
    listenPath: text(query, 'listenPath'),
    upstream: text(query, 'upstreamURL') ?? text(query, 'upstream'),
    id: text(query, 'id'),
    login: text(query, 'login'),
  }
  return {
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as ImportOptions),
    authentication: queryFlag(request, 'authentication'),
    allowList: queryFlag(request, 'allowList'),
    validateRequest: queryFlag(request, 'validateRequest'),
    mockResponse: queryFlag(request, 'mockResponse'),
  }
}

const modes = z.object({
  mode: z.enum(['create', 'merge', 'replace'], 'create, merge or replace').default('create'),
  prefer: z.enum(['current', 'new'], 'current or new').optional(),
})

/** Throws 400 `invalid_query`. */
function modeOf({ query }: AdminRequest): Pick<ImportRequest, 'mode' | 'prefer' | 'renames'> {
  const result = modes.safeParse({ mode: text(query, 'mode'), prefer: text(query, 'prefer') })
  const [issue] = result.error?.issues ?? []
  if (!result.success) throw new Problem(400, 'invalid_query', `${issue?.path.join('.')}: ${issue?.message}.`)
  const { mode, prefer } = result.data
  return { mode, renames: renamesOf(text(query, 'renames') ?? ''), ...(prefer ? { prefer } : {}) }
}

/** `old=new` pairs with commas between. */
function renamesOf(given: string): ReadonlyMap<string, string> {
  const pairs = given.split(',').filter((pair) => pair.trim() !== '')
  return new Map(
    pairs.map((pair) => {
      const [from = '', to = ''] = pair.split('=', 2).map((name) => name.trim())
      if (from === '' || to === '')
        throw new Problem(400, 'invalid_query', 'renames: old=new pairs, with commas between.')
      return [from, to]
    }),
  )
}

function answerOf(result: ImportResult, { dryRun }: ImportRequest): AdminAnswer {
  const { kind, id = '', file = '', api, text: written = '', before, merge, diagnostics } = result
  if (kind === 'refused') throw refusedDocument(diagnostics)
  if (kind === 'exists') throw apiExists(id)
  if (kind === 'overtaken') throw overtaken()
  if (kind === 'conflict') throw mergeConflict(result)
  const diff = dryRun ? unifiedDiff(file, before ?? '', written) : undefined
  const body = {
    ...(dryRun ? { dry_run: true } : {}),
    id,
    outcome: kind,
    file,
    ...(api ? { listen_path: `${api.listenPath}/`, upstream: api.upstream.url } : {}),
    ...(merge ? { plan: merge.plan } : {}),
    diagnostics,
    ...(diff === undefined ? {} : { diff }),
  }
  const isNew = kind === 'created' && !dryRun
  const location = isNew ? { location: `/api/apis/${encodeURIComponent(id)}` } : {}
  const headers = { etag: entityTag(written), ...location }
  return { status: isNew ? 201 : 200, headers, body, audit: { api: id, file, outcome: kind } }
}

function mergeConflict({ merge, diagnostics }: ImportResult): Problem {
  const conflicts = (merge?.conflicts ?? []).map(({ path, current, next }) => ({
    pointer: toPointer(path),
    current,
    new: next,
  }))
  const places = conflicts.map(({ pointer }) => pointer).join(', ')
  const detail = `Changed here and in the new version: ${places}. Repeat the call with prefer=current or prefer=new.`
  return new Problem(409, 'merge_conflict', detail, { members: { conflicts, plan: merge?.plan, diagnostics } })
}

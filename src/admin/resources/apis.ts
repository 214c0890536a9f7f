import { createHash } from 'node:crypto'
import { Problem } from '../../core/problem.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { knownApi } from '../clients/find-client.ts'
import { listPage, pageAnswer } from '../http/page.ts'
import type { LibraryEntry } from '../library.ts'

/** The documents that are served: which, in what state, and as they stand in their files. */
export function apiRoutes({ library }: Pick<AdminDeps, 'library'>): readonly AdminRoute[] {
  return [
    { method: 'GET', path: '/api/apis', action: 'api.list', handle: async (request) => listApis(request, library) },
    {
      method: 'GET',
      path: '/api/apis/:apiId',
      action: 'api.get',
      handle: (request) => getDocument(request, knownApi(library, request.params['apiId'])),
    },
    {
      method: 'GET',
      path: '/api/apis/:apiId/status',
      action: 'api.status',
      handle: async ({ params }) => ({ status: 200, body: statusOf(knownApi(library, params['apiId'])) }),
    },
  ]
}

/** The id is the cursor: documents come and go between two pages. */
function listApis({ query }: AdminRequest, library: AdminDeps['library']): AdminAnswer {
  const { limit, after } = listPage(query)
  const rest = library.list().filter((entry) => after === undefined || entry.id > after)
  const page = rest.slice(0, limit)
  return pageAnswer(page.map(summaryOf), rest.length > limit ? page.at(-1)?.id : undefined)
}

export function summaryOf({
  id,
  name,
  state,
  api,
  file,
  origin,
  hidesFile,
  diagnostics,
}: LibraryEntry): Readonly<Record<string, unknown>> {
  const count = (severity: string) => diagnostics.filter((diagnostic) => diagnostic.severity === severity).length
  return {
    id,
    name,
    state,
    file,
    ...(origin ? { origin } : {}),
    ...(hidesFile ? { hides_file: true } : {}),
    ...(api ? { active: api.active, listen_path: `${api.listenPath}/`, hosts: api.hosts, revision: api.revision } : {}),
    errors: count('error'),
    warnings: count('warning'),
  }
}

function statusOf(entry: LibraryEntry): Readonly<Record<string, unknown>> {
  return { ...summaryOf(entry), diagnostics: entry.diagnostics }
}

/** The text of the file, byte by byte. RFC 9110 §13.1.2: `If-None-Match` is honoured. */
async function getDocument({ headers }: AdminRequest, entry: LibraryEntry): Promise<AdminAnswer> {
  const text = await entry.text()
  if (text === undefined) throw new Problem(404, 'document_gone', 'The file of this API has gone.')
  const etag = entityTag(text)
  if (named(headers['if-none-match'], etag)) return { status: 304, headers: { etag } }
  const type = text.trimStart().startsWith('{') ? 'application/json' : 'application/yaml'
  return { status: 200, body: text, headers: { 'content-type': `${type}; charset=utf-8`, etag } }
}

/** The entity tag of a document: `If-Match` of a change must name it. */
export function entityTag(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
}

/** RFC 9110 §13.1.2: whether `If-None-Match` names an entity tag, or any; weak ones count. */
const named = (header: string | undefined, etag: string): boolean =>
  header !== undefined && tagsIn(header).some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag)

/** RFC 9110 §13.1.1: whether `If-Match` names an entity tag, or any; weak ones never do. */
export const matches = (header: string, etag: string): boolean =>
  tagsIn(header).some((tag) => tag === '*' || tag === etag)

const tagsIn = (header: string): string[] => header.split(',').map((tag) => tag.trim())

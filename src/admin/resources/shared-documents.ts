import { Problem } from '../../core/problem.ts'
import type { SharedDocuments } from '../../gateway/documents/shared-documents.ts'
import type { Library } from '../../gateway/library.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { listPage, pageAnswer } from '../http/page.ts'

export interface SharedDocumentDeps {
  readonly shared: SharedDocuments
  readonly library: Pick<Library, 'rescan'>
}

/** Documents of the store, which take the place of files on every gateway, and how files come into their own again. */
export function sharedDocumentRoutes(deps: SharedDocumentDeps): readonly AdminRoute[] {
  const all = '/api/shared-documents'
  return [
    { method: 'GET', path: all, action: 'shared_document.list', handle: async (request) => list(request, deps) },
    {
      method: 'DELETE',
      path: `${all}/:name`,
      action: 'shared_document.release',
      handle: (request) => release(request, deps),
    },
  ]
}

/** The name is the cursor. */
function list({ query }: AdminRequest, { shared }: SharedDocumentDeps): AdminAnswer {
  const { limit, after } = listPage(query)
  const rest = shared.list().filter(({ name }) => after === undefined || name > after)
  const page = rest.slice(0, limit)
  const view = page.map(({ name, removed, hidesFile }) => ({ name, removed, hides_file: hidesFile }))
  return pageAnswer(view, rest.length > limit ? page.at(-1)?.name : undefined)
}

/** A file of that name counts again; where there is none, the API ends. */
async function release({ params }: AdminRequest, { shared, library }: SharedDocumentDeps): Promise<AdminAnswer> {
  const name = params['name'] ?? ''
  if (!(await shared.release(name))) {
    throw new Problem(404, 'document_not_shared', 'The store holds no document of this name.')
  }
  await library.rescan()
  return { status: 204, audit: { document: name } }
}

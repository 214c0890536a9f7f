import { dirname } from 'node:path'
import { publicDocument } from '../../api/export/public-document.ts'
import { Problem } from '../../core/problem.ts'
import { writtenDocument } from '../../document/export/write-document.ts'
import { openFolder } from '../../document/folder.ts'
import { loadDocument } from '../../document/load-document.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { knownApi } from '../clients/find-client.ts'
import type { Library } from '../library.ts'
import { entityTag } from './apis.ts'

/** `GET /api/apis/{apiId}/export`: the document, or (`mode=public`) what callers may know of it. */
export function apiExportRoutes({ library }: { readonly library: Library }): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/apis/:apiId/export',
      action: 'api.export',
      handle: (request) => exportApi(request, library),
    },
  ]
}

async function exportApi({ params, query }: AdminRequest, library: Library): Promise<AdminAnswer> {
  const entry = knownApi(library, params['apiId'])
  const mode = query.get('mode') ?? 'full'
  const format = query.get('format')
  if (mode !== 'full' && mode !== 'public') throw new Problem(400, 'invalid_query', 'mode: full or public.')
  if (format !== undefined && format !== 'json' && format !== 'yaml') {
    throw new Problem(400, 'invalid_query', 'format: json or yaml.')
  }
  const text = await entry.text()
  if (text === undefined) throw new Problem(404, 'document_gone', 'The file of this API has gone.')
  const { document } = loadDocument(entry.file, text, openFolder(dirname(entry.file)))
  const written = format ?? document?.root.source.format ?? 'yaml'
  if (mode === 'full') {
    const same = !document || written === document.root.source.format
    return download(entry.id, same ? text : writtenDocument(document.root.value, written), written)
  }
  if (!entry.api || entry.state !== 'live' || !document) {
    throw new Problem(409, 'not_live', 'The document is not what is served; see the status of this API.')
  }
  return download(`${entry.id}.public`, writtenDocument(publicDocument(document, entry.api), written), written)
}

function download(name: string, text: string, format: 'json' | 'yaml'): AdminAnswer {
  return {
    status: 200,
    body: text,
    headers: {
      'content-type': `application/${format}; charset=utf-8`,
      'content-disposition': `attachment; filename="${name}.${format}"`,
      etag: entityTag(text),
    },
  }
}

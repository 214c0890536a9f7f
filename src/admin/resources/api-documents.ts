import { Problem } from '../../core/problem.ts'
import { editText } from '../../document/edit/edit-text.ts'
import { jsonPatch } from '../../document/edit/json-patch.ts'
import { mergePatch } from '../../document/edit/merge-patch.ts'
import { measure } from '../../document/measure.ts'
import { readSource } from '../../document/read-source.ts'
import type { DocumentChanges } from '../../gateway/documents/change-document.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { knownApi } from '../clients/find-client.ts'
import { notEditable, overtaken, refusedDocument, unfitPatch, writing } from '../documents/document-problems.ts'
import { originalOf } from '../documents/originals.ts'
import { currentText, isDryRun, keepsId, writeDocument } from '../documents/write-document.ts'
import type { Library } from '../library.ts'

export interface DocumentDeps {
  readonly library: Library
  readonly changes: DocumentChanges
}

const LIST = '/api/apis'
const ONE = '/api/apis/:apiId'

/** Creating, replacing, editing and removing the documents that are served. */
export function apiDocumentRoutes(deps: DocumentDeps): readonly AdminRoute[] {
  return [
    { method: 'POST', path: LIST, action: 'api.create', handle: (request) => createApi(request, deps) },
    { method: 'PUT', path: ONE, action: 'api.replace', handle: (request) => replaceApi(request, deps) },
    { method: 'PATCH', path: ONE, action: 'api.patch', handle: (request) => patchApi(request, deps) },
    { method: 'DELETE', path: ONE, action: 'api.delete', handle: (request) => deleteApi(request, deps) },
  ]
}

async function createApi(request: AdminRequest, { library, changes }: DocumentDeps): Promise<AdminAnswer> {
  const text = documentBody(request)
  const format = readSource('body', text).source?.format ?? 'yaml'
  // What it is called stands in it, and where it lies depends on that.
  const { compiled, diagnostics } = await changes.examine(changes.fileFor('new', format), text)
  if (!compiled) throw refusedDocument(diagnostics)
  const { id } = compiled
  const file = changes.fileFor(id, format)
  if (library.find(id) || (await changes.read(file)) !== undefined) throw apiExists(id)
  return writeDocument(changes, { file, before: undefined, after: text }, isDryRun(request))
}

export const apiExists = (id: string): Problem =>
  new Problem(409, 'api_exists', `There is an API ${JSON.stringify(id)} already; PUT, PATCH or import into it.`)

/** A JSON text for a document that is written in YAML says what it is to be; its comments stay. */
async function replaceApi(request: AdminRequest, { library, changes }: DocumentDeps): Promise<AdminAnswer> {
  const entry = knownApi(library, request.params['apiId'])
  const before = await currentText(request, entry, changes)
  const text = documentBody(request)
  const after = isJson(request.body.type) ? sameFormat(before, text) : text
  return writeDocument(changes, { file: entry.file, before, after }, isDryRun(request), keepsId(entry))
}

function sameFormat(before: string, text: string): string {
  const [old, fresh] = [readSource('document', before).source, readSource('body', text).source]
  if (old?.format !== 'yaml' || fresh?.format !== 'json') return text
  const edited = editText(before, fresh.value)
  return edited.ok ? edited.value : text
}

async function patchApi(request: AdminRequest, { library, changes }: DocumentDeps): Promise<AdminAnswer> {
  const entry = knownApi(library, request.params['apiId'])
  const before = await currentText(request, entry, changes)
  const { source, diagnostics } = readSource(entry.file, before)
  if (!source) throw notEditable({ kind: 'unreadable', diagnostics })
  const edited = editText(before, patched(request, source.value))
  if (!edited.ok) throw notEditable(edited.error)
  const written = { file: entry.file, before, after: edited.value }
  return writeDocument(changes, written, isDryRun(request), keepsId(entry))
}

const PATCHES = 'application/merge-patch+json, application/json-patch+json'

/** RFC 7396 and RFC 6902; plain JSON is a merge patch. Throws 400, 409, 415. */
function patched({ body }: AdminRequest, value: unknown): unknown {
  if (body.type !== 'application/json-patch+json') {
    if (body.type !== 'application/merge-patch+json' && body.type !== 'application/json') {
      throw new Problem(415, 'unsupported_media_type', `A patch is ${PATCHES.replace(', ', ' or ')}.`, {
        headers: { 'accept-patch': PATCHES },
      })
    }
    return mergePatch(value, parsed(body.text))
  }
  const result = jsonPatch(value, parsed(body.text))
  if (!result.ok) throw unfitPatch(result.error)
  return result.value
}

function parsed(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Problem(400, 'malformed_body', 'The body is not valid JSON.', { cause: error })
  }
  if (measure(value).excess)
    throw new Problem(400, 'malformed_body', 'The body is nested too deeply or holds too much.')
  return value
}

async function deleteApi(request: AdminRequest, { library, changes }: DocumentDeps): Promise<AdminAnswer> {
  const entry = knownApi(library, request.params['apiId'])
  const before = await currentText(request, entry, changes)
  const audit = { api: entry.id, file: entry.file }
  if (isDryRun(request)) return { status: 200, body: { dry_run: true, id: entry.id, file: entry.file } }
  const outcome = await writing(() => changes.apply({ file: entry.file, before, after: undefined }))
  if (outcome.kind !== 'done') throw overtaken()
  await writing(() => changes.keep(originalOf(entry.file), undefined)) // of no use to another document of that name
  return { status: 204, audit }
}

const isJson = (type: string): boolean => type === 'application/json' || type.endsWith('+json')

/** The body as a document's text, whatever its media type says. Throws 400 `malformed_body`. */
export function documentBody({ body }: AdminRequest): string {
  if (body.text.trim() !== '') return body.text
  throw new Problem(400, 'malformed_body', 'The body must be an OpenAPI document, in JSON or YAML.')
}

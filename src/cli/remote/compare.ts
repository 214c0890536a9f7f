import { dirname } from 'node:path'
import type { CompileContext } from '../../api/compile-context.ts'
import { type Diagnostic, hasErrors } from '../../core/diagnostic.ts'
import { bundledDocument } from '../../document/export/bundle.ts'
import { writtenDocument } from '../../document/export/write-document.ts'
import { openFolder } from '../../document/folder.ts'
import { loadDocument } from '../../document/load-document.ts'
import { readText } from '../../gateway/documents/read-text.ts'
import type { AdminClient } from '../admin-client.ts'
import { type Io, UsageError } from '../command.ts'
import { idOf, openDocumentFolder } from '../documents/open-folder.ts'
import { progressOf } from '../progress.ts'
import { type ServedDocument, servedDocuments } from './served-documents.ts'

/** One API here and there; a side that has none is missing. */
export interface Comparison {
  readonly id: string
  readonly local?: LocalDocument
  readonly served?: ServedDocument
  readonly isSame: boolean
}

export interface LocalDocument {
  readonly file: string
  /** As a gateway gets it: whole, when it consists of several files. */
  readonly text: string
}

export interface Compared {
  /** By id. */
  readonly apis: readonly Comparison[]
  /** Files of documents here that cannot be served, or not as they are written: they are missing among `apis`. */
  readonly unsettled: readonly string[]
  /** Errors of those. */
  readonly broken: readonly Diagnostic[]
}

/** Compares the documents of a folder with those of a running gateway. Throws `UsageError` for a folder that is not there. */
export async function compareDocuments(
  folder: string,
  client: AdminClient,
  context: CompileContext,
  io: Io,
): Promise<Compared> {
  const { library } = await openDocumentFolder(folder, context, false).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new UsageError(`${folder}: there is no such folder`)
  })
  const documents = library.documents()
  const served = await servedDocuments(client, (done, total) => progressOf(io, 'fetched', total)(done))
  const broken = documents.filter(({ status }) => status !== 'live').flatMap(({ diagnostics }) => diagnostics)
  const here = new Map<string, LocalDocument & { readonly written: string }>()
  const unsettled: string[] = []
  for (const document of documents) {
    const local = document.status === 'live' ? await localDocument(document.file) : undefined
    if (local) here.set(idOf(document), local)
    else unsettled.push(document.file)
  }
  const there = new Map(served.map((document) => [document.id, document]))
  const ids = [...new Set([...here.keys(), ...there.keys()])].sort()
  const apis = ids.map((id) => comparison(id, here.get(id), there.get(id)))
  return { apis, unsettled, broken: broken.filter(isError) }
}

const isError = (diagnostic: Diagnostic): boolean => hasErrors([diagnostic])

/** A gateway that reads this very folder has the text as it is written here, in several files or not. */
function comparison(
  id: string,
  local: (LocalDocument & { readonly written: string }) | undefined,
  served: ServedDocument | undefined,
): Comparison {
  const isSame = local !== undefined && (served?.text === local.text || served?.text === local.written)
  return { id, ...(local ? { local } : {}), ...(served ? { served } : {}), isSame }
}

async function localDocument(file: string): Promise<(LocalDocument & { readonly written: string }) | undefined> {
  const read = await readText(file)
  if (!read.ok) return undefined
  const { document } = loadDocument(file, read.value, openFolder(dirname(file)))
  const isWhole = !document || document.sources.length === 1
  const text = isWhole ? read.value : writtenDocument(bundledDocument(document), document.root.source.format)
  return { file, text, written: read.value }
}

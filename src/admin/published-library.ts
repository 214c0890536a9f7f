import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { DocumentStatus } from '../gateway/documents/document.ts'
import type { Library as GatewayLibrary } from '../gateway/library.ts'
import type { Library, LibraryEntry } from './library.ts'

/** The gateway's library as the admin API shows it. Documents that have never been served go by the name of their file. */
export function publishedLibrary(library: GatewayLibrary): Library {
  const list = (): readonly LibraryEntry[] =>
    library
      .documents()
      .map((document) => ({
        ...entryOf(document),
        ...library.originOf(document.file),
        text: () => library.textOf(document.file),
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  return { list, find: (apiId) => list().find((entry) => entry.id === apiId), loaded: () => true }
}

/** One document as the admin API shows it. */
export function entryOf({ file, status, api, diagnostics }: DocumentStatus): LibraryEntry {
  const fallback = basename(file).replace(/\.[^.]*$/, '')
  return {
    id: api?.id ?? fallback,
    name: api?.name ?? fallback,
    state: status,
    file,
    ...(api ? { api } : {}),
    diagnostics,
    text: () => readFile(file, 'utf8').catch(() => undefined),
  }
}

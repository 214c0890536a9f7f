import type { Log } from '../core/log.ts'
import type { DocumentStatus } from '../gateway/documents/document.ts'
import type { Library } from '../gateway/library.ts'

/** Logs the state of every document now, and of each that changes. Returns what ends that. */
export function logDocuments(library: Library, log: Log): () => void {
  for (const document of library.documents()) logDocument(document, log)
  return library.onChange(({ changed, removed }) => {
    for (const document of changed) logDocument(document, log)
    for (const file of removed) log.info({ file }, 'a document is gone')
  })
}

function logDocument({ file, status, api, diagnostics }: DocumentStatus, log: Log): void {
  const found = diagnostics.filter(({ severity }) => severity === 'error' || severity === 'warning')
  const fields = {
    file,
    status,
    ...(api ? { api: api.id, revision: api.revision } : {}),
    ...(found.length > 0
      ? { diagnostics: found.map(({ code, line, column, message }) => ({ code, line, column, message })) }
      : {}),
  }
  if (status === 'live') log.info(fields, 'a document is served')
  else if (status === 'stale') log.error(fields, 'a document cannot be served; its last good version is')
  else log.error(fields, 'a document cannot be served')
}

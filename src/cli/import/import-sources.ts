import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ImportedFrom } from '../../api/import/import-document.ts'
import { systemClock } from '../../core/clock.ts'
import { silentLog } from '../../core/log.ts'
import { noFolder, openFolder } from '../../document/folder.ts'
import { fetchDocument } from '../../document/import/fetch-document.ts'
import { memoryFolder } from '../../document/import/memory-folder.ts'
import { loadDocument } from '../../document/load-document.ts'
import { findFiles } from '../../gateway/documents/find-files.ts'
import { readText } from '../../gateway/documents/read-text.ts'
import { createOutbound } from '../../outbound/client.ts'
import { type Io, UsageError } from '../command.ts'

/** One document to import. */
export interface ImportSource {
  /** As people know it. */
  readonly name: string
  readonly from: ImportedFrom
  /** Where it was fetched from. */
  readonly url?: string
}

/** The documents that a file, a folder, a URL or `-` (standard input) stands for. Throws `UsageError`. */
export async function importSources(source: string, io: Io): Promise<readonly ImportSource[]> {
  if (source === '-') {
    const text = await io.stdin?.()
    return [{ name: 'standard input', from: { file: 'stdin', text: text ?? '', folder: noFolder } }]
  }
  if (/^https?:\/\//i.test(source)) return [await fetched(source)]
  const status = await stat(source).catch(() => undefined)
  if (!status) throw new UsageError(`${source}: there is no such file or folder`)
  return status.isDirectory() ? documentsIn(source) : [await fromFile(source)]
}

/** The operator names the URL, so private addresses are allowed; link-local ones never are. */
async function fetched(source: string): Promise<ImportSource> {
  const outbound = createOutbound({ privateTargets: 'allow', clock: systemClock, log: silentLog })
  try {
    const result = await fetchDocument(source, outbound)
    if (!result.ok) throw new UsageError(result.error)
    const { file, text, parts, url } = result.value
    return { name: source, from: { file, text, folder: memoryFolder(parts) }, url }
  } finally {
    outbound.close()
  }
}

async function fromFile(file: string): Promise<ImportSource> {
  const read = await readText(file)
  if (read.ok) return { name: file, from: { file, text: read.value, folder: openFolder(dirname(file)) } }
  throw new UsageError(
    read.error.kind === 'missing' ? `${file}: it is gone` : `${file}: ${read.error.diagnostic.message}`,
  )
}

/** Files that are documents and that no other of them refers to: those are parts. */
async function documentsIn(folder: string): Promise<readonly ImportSource[]> {
  const { files } = await findFiles(folder)
  const found: ImportSource[] = []
  const parts = new Set<string>()
  for (const file of files) {
    const source = await fromFile(file).catch(() => undefined)
    if (!source || !/["']?(?:openapi|swagger)["']?\s*:/.test(source.from.text)) continue
    found.push(source)
    const { files: referred } = loadDocument(file, source.from.text, source.from.folder)
    for (const part of referred) parts.add(part)
  }
  const whole = found.filter(
    ({ from }) => !parts.has(from.file) && ![...parts].some((part) => part.endsWith(`/${from.file}`)),
  )
  if (whole.length === 0) throw new UsageError(`${folder}: there is no OpenAPI document in this folder`)
  return whole
}

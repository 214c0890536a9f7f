import { join } from 'node:path'
import type { Diagnostic } from '../../core/diagnostic.ts'
import type { Log } from '../../core/log.ts'
import { createSnapshot, type Snapshot } from '../snapshot.ts'
import { compileEntry } from './compile-entry.ts'
import { isConsumersFile } from './consumers-file-name.ts'
import { type CompileDocument, type DocumentEntry, type DocumentStatus, statusOf } from './document.ts'
import { type DocumentSource, filesOnly } from './document-source.ts'
import type { Content } from './file-memory.ts'
import { isCandidate } from './find-files.ts'
import type { Change } from './inventory.ts'
import { isMeantAsDocument } from './is-document.ts'
import { POLICY_FILES } from './policy-files.ts'
import { publish } from './publish.ts'
import { wholeFile } from './read-text.ts'

/** The documents of a folder and what is published of them. `take` is not for two at once. */
export interface Shelf {
  snapshot(): Snapshot
  /** In the order of their files. */
  documents(): readonly DocumentStatus[]
  /** An info for each file that is neither a document nor a part of one. */
  ignored(): readonly Diagnostic[]
  /** Everything that documents refer to. */
  dependencies(): ReadonlySet<string>
  /** Compiles what changed and what refers to it, and publishes all of it in one step. */
  take(changes: readonly Change[]): Promise<ShelfChange>
}

export interface ShelfChange {
  readonly snapshot: Snapshot
  /** Documents whose status, API or diagnostics are others than before. */
  readonly changed: readonly DocumentStatus[]
  /** Files whose documents are no longer there. */
  readonly removed: readonly string[]
}

export interface ShelfOptions {
  readonly folder: string
  readonly compile: CompileDocument
  /** One name for every way to write a path. */
  readonly nameOf: (path: string) => string
  readonly log: Log
  /** Default: files. */
  readonly source?: DocumentSource
  /** Hears of a file that the system could not read again: it is to be looked at anew, also when nothing is written. */
  readonly unread: (file: string) => void
}

/** Somebody else reads it. */
const isPolicyFile = (folder: string, file: string): boolean => POLICY_FILES.some((name) => join(folder, name) === file)

export function createShelf(options: ShelfOptions): Shelf {
  let entries: ReadonlyMap<string, DocumentEntry> = new Map()
  let statuses: ReadonlyMap<string, DocumentStatus> = new Map()
  let parts: ReadonlySet<string> = new Set()
  let snapshot = createSnapshot([])
  const others = new Set<string>()
  const { source = filesOnly } = options
  let arrivals = 0

  const dependencies = (): ReadonlySet<string> =>
    new Set([...entries.values()].flatMap((entry) => [...entry.dependsOn]))
  const compiledAnew = async (changes: readonly Change[]): Promise<Map<string, DocumentEntry>> => {
    const next = new Map(entries)
    for (const { file, content: found } of withDependants(changes, entries)) {
      others.delete(file)
      const known = entries.get(file)
      const content = await loaded(source, file, found)
      if (found.kind === 'unread' && content.kind === 'unusable' && content.passing) options.unread(file)
      if (known?.neverRead) next.delete(file) // whether it is a document is decided by what it says
      if (content.kind === 'gone') next.delete(file)
      else if (next.has(file) || isDocument(options.folder, file, content)) {
        next.set(file, await compileEntry(options, file, content, known?.since ?? arrivals++, known))
      } else if (isCandidate(options.folder, file) && !isPolicyFile(options.folder, file)) others.add(file)
    }
    return next
  }
  return {
    snapshot: () => snapshot,
    documents: () => [...statuses.values()],
    ignored: () => ignoredFiles([...others, ...parts], dependencies()),
    dependencies,
    async take(changes) {
      const published = publish(await compiledAnew(changes), options.folder, snapshot, source)
      const before = statuses
      entries = published.entries
      parts = published.parts
      snapshot = published.snapshot
      statuses = statusesOf(entries, parts, before)
      return {
        snapshot,
        changed: [...statuses.values()].filter((status) => before.get(status.file) !== status),
        removed: [...before.keys()].filter((file) => !statuses.has(file)),
      }
    },
  }
}

/** What changed, and the documents that refer to something of it. */
function withDependants(changes: readonly Change[], entries: ReadonlyMap<string, DocumentEntry>): Change[] {
  const changed = new Set(changes.map((change) => change.file))
  const dependants = [...entries.values()].filter(
    (entry) => !changed.has(entry.file) && [...changed].some((file) => entry.dependsOn.has(file)),
  )
  return [...changes, ...dependants.map(({ file }): Change => ({ file, content: { kind: 'unread' } }))]
}

async function loaded(source: DocumentSource, file: string, content: Change['content']): Promise<Content> {
  if (content.kind !== 'unread') return content
  const read = await source.readText(file)
  if (read.ok) return { kind: 'text', text: read.value }
  if (read.error.kind === 'unusable') return read.error
  return { kind: 'unusable', diagnostic: wholeFile('GW1101', 'error', file, 'the file is no longer there') }
}

function isDocument(folder: string, file: string, content: Content): boolean {
  if (!isCandidate(folder, file)) return false
  if (content.kind === 'unusable') return !isConsumersFile(file) && !isPolicyFile(folder, file)
  return content.kind === 'text' && isMeantAsDocument(content.text)
}

/** A status that says the same as before is the same object. */
function statusesOf(
  entries: ReadonlyMap<string, DocumentEntry>,
  parts: ReadonlySet<string>,
  before: ReadonlyMap<string, DocumentStatus>,
): Map<string, DocumentStatus> {
  const statuses = [...entries.values()].filter((entry) => !parts.has(entry.file)).map(statusOf)
  statuses.sort((a, b) => (a.file < b.file ? -1 : 1))
  return new Map(
    statuses.map((status) => {
      const old = before.get(status.file)
      return [status.file, old && isSameStatus(old, status) ? old : status]
    }),
  )
}

const isSameStatus = (a: DocumentStatus, b: DocumentStatus): boolean =>
  a.status === b.status && a.api === b.api && isSameList(a.diagnostics, b.diagnostics)

const isSameList = (a: readonly Diagnostic[], b: readonly Diagnostic[]): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b)

function ignoredFiles(files: readonly string[], dependencies: ReadonlySet<string>): Diagnostic[] {
  return files
    .filter((file) => !dependencies.has(file) && !isConsumersFile(file))
    .sort()
    .map((file) => {
      const hint = 'an API document has the key `openapi` at its root'
      return wholeFile('GW5003', 'info', file, 'not an OpenAPI document, and no document refers to it: ignored', hint)
    })
}

import { dirname, join } from 'node:path'
import type { Api } from '../../api/api.ts'
import { createSnapshot, type Snapshot } from '../snapshot.ts'
import { arrange, claimsOf, type Refusal } from './arrange.ts'
import type { DocumentEntry } from './document.ts'
import { type DocumentSource, filesOnly } from './document-source.ts'
import { placeConflict } from './place-conflict.ts'

export interface Published {
  readonly entries: ReadonlyMap<string, DocumentEntry>
  readonly snapshot: Snapshot
  /** Files that look like documents and are parts of others. */
  readonly parts: ReadonlySet<string>
}

/**
 * Decides what is served of all documents together. What is not new keeps its identity: the entry, the `Api`, and the
 * snapshot as a whole when nothing in it changed.
 */
export function publish(
  entries: ReadonlyMap<string, DocumentEntry>,
  folder: string,
  before: Snapshot,
  source: DocumentSource = filesOnly,
): Published {
  const ordered = [...entries.values()].sort((a, b) => a.since - b.since)
  const parts = partsAmong(ordered, folder)
  const yielding = givingWay(ordered, source)
  const { served, refused: late } = arrange(
    ordered
      .filter((entry) => !parts.has(entry.file) && !yielding.has(entry.file))
      .map(({ file, serving, compiled }) => ({
        file,
        ...(serving ? { serving } : {}),
        ...((compiled ?? serving) ? { wanted: compiled ?? serving } : {}),
      })),
  )
  const refused = new Map([...late, ...yielding])
  const decided = ordered.map((entry): DocumentEntry => {
    const { serving: _old, conflict: _gone, ...rest } = entry
    const serving = served.get(entry.file)
    const refusal = refused.get(entry.file)
    const conflict = refusal && placeConflict(entry, refusal, entries.get(refusal.by.file))
    return { ...rest, ...(serving ? { serving } : {}), ...(conflict ? { conflict } : {}) }
  })
  const apis = [...served.values()]
  return {
    entries: new Map(decided.map((entry) => [entry.file, entry])),
    snapshot: isSame(before, apis) ? before : createSnapshot(apis),
    parts,
  }
}

/** Files whose id or place a document of the store wants: that is the same on every gateway, files may differ. */
function givingWay(entries: readonly DocumentEntry[], source: DocumentSource): ReadonlyMap<string, Refusal> {
  const holders = new Map<string, Refusal['by']>()
  const [shared, own] = [entries.filter(isShared), entries.filter((entry) => !isShared(entry))]
  function isShared({ file }: DocumentEntry): boolean {
    return source.originOf(file).origin === 'store'
  }
  for (const { file, compiled, serving } of shared) {
    const api = compiled ?? serving
    if (api) for (const claim of claimsOf(api)) holders.set(claim, { file, api })
  }
  const yielding = new Map<string, Refusal>()
  for (const { file, compiled, serving } of own) {
    const api = compiled ?? serving
    const claim = api && claimsOf(api).find((one) => holders.has(one))
    const by = claim && holders.get(claim)
    if (by) yielding.set(file, { by, over: claim.startsWith('id ') ? 'id' : 'place' })
  }
  return yielding
}

const isSame = (before: Snapshot, apis: readonly Api[]): boolean =>
  before.apis.size === apis.length && apis.every((api) => before.apis.get(api.id) === api)

/**
 * Documents that another one refers to, and that are not meant to be served for themselves: they lie in a sub-folder, or
 * were never complete. Two that refer to each other are both documents.
 */
function partsAmong(entries: readonly DocumentEntry[], folder: string): Set<string> {
  const users = new Map<string, string[]>()
  for (const { file, dependsOn } of entries) {
    for (const path of dependsOn) users.set(path, [...(users.get(path) ?? []), file])
  }
  const top = dirname(join(folder, 'x'))
  const parts = entries.filter(({ file, compiled, serving, dependsOn }) => {
    if (dirname(file) === top && (compiled || serving)) return false
    return users.get(file)?.some((user) => user !== file && !dependsOn.has(user)) ?? false
  })
  return new Set(parts.map((entry) => entry.file))
}

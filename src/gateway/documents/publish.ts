import { dirname, join } from 'node:path'
import type { Api } from '../../api/api.ts'
import { createSnapshot, type Snapshot } from '../snapshot.ts'
import { arrange } from './arrange.ts'
import type { DocumentEntry } from './document.ts'
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
export function publish(entries: ReadonlyMap<string, DocumentEntry>, folder: string, before: Snapshot): Published {
  const ordered = [...entries.values()].sort((a, b) => a.since - b.since)
  const parts = partsAmong(ordered, folder)
  const { served, refused } = arrange(
    ordered
      .filter((entry) => !parts.has(entry.file))
      .map(({ file, serving, compiled }) => ({
        file,
        ...(serving ? { serving } : {}),
        ...((compiled ?? serving) ? { wanted: compiled ?? serving } : {}),
      })),
  )
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

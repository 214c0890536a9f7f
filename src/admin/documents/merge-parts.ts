import { dirname, join, posix } from 'node:path'
import { mergeLines } from '../../document/merge/merge-lines.ts'
import type { MergeConflict } from '../../document/merge/three-way.ts'
import type { DocumentChanges } from '../../gateway/documents/change-document.ts'

/** A file that an imported document refers to, where it is to lie. */
export interface MergedPart {
  readonly file: string
  /** What is to stand there; undefined where both sides changed the same lines. */
  readonly text: string | undefined
  /** Where the new version is kept as the base of the next merge. */
  readonly original: string
  readonly next: string
}

interface Wish {
  readonly from: { readonly file: string }
  readonly mode: 'create' | 'merge' | 'replace'
  readonly prefer?: 'current' | 'new'
}

/** Parts of a new version beside its document; in a merge, with what was changed in them here. */
export async function mergedParts(
  file: string,
  { parts }: { readonly parts: readonly { readonly file: string; readonly text: string }[] },
  { from, mode, prefer }: Wish,
  changes: DocumentChanges,
): Promise<readonly MergedPart[]> {
  const home = posix.dirname(from.file.replaceAll('\\', '/'))
  return Promise.all(
    parts.map(async ({ file: part, text: next }): Promise<MergedPart> => {
      const way = posix.relative(home, part)
      const place = join(dirname(file), way)
      const original = join(dirname(file), '.originals', way)
      const [current, base] = [await changes.read(place), await changes.read(original)]
      const text = mode === 'merge' ? mergedText(base, current, next, prefer) : next
      return { file: place, original, next, text }
    }),
  )
}

function mergedText(
  base: string | undefined,
  current: string | undefined,
  next: string,
  prefer: 'current' | 'new' | undefined,
): string | undefined {
  if (current === undefined || current === next || current === base) return next
  if (base === next) return current
  const merged = base === undefined ? undefined : mergeLines(base, current, next)
  return merged ?? (prefer === undefined ? undefined : prefer === 'current' ? current : next)
}

/** A part is merged by its lines: the conflict is about the whole file. */
export const partConflict = ({ file, next }: MergedPart): MergeConflict => ({ path: [file], current: undefined, next })

import type { Clock, Instant } from '../../core/clock.ts'
import { sha256 } from '../../core/digest.ts'
import type { DocumentSource } from './document-source.ts'
import type { Unusable } from './read-text.ts'

/** What a file contains. */
export type Content = { readonly kind: 'text'; readonly text: string } | Unusable | { readonly kind: 'gone' }

/** Remembers what files contained, as digests. */
export interface FileMemory {
  /**
   * What the file contains now, when that is not what is remembered; it is remembered from now on. A file that is missing
   * for less than `grace` milliseconds is `missing`: it may come back.
   */
  compare(file: string, grace: number): Promise<Content | 'missing' | undefined>
  knows(file: string): boolean
  files(): Iterable<string>
  /** The next comparison finds the file changed. */
  forget(file: string): void
}

interface Seen {
  readonly stamp: string
  readonly digest: string
}

export function fileMemory(clock: Clock, source: DocumentSource): FileMemory {
  const seen = new Map<string, Seen>()
  const missingSince = new Map<string, Instant>()

  const absence = (file: string, grace: number): Content | 'missing' | undefined => {
    if (!seen.has(file)) return undefined
    const since = missingSince.get(file) ?? clock.now()
    missingSince.set(file, since)
    if (clock.now() - since < grace) return 'missing'
    missingSince.delete(file)
    seen.delete(file)
    return { kind: 'gone' }
  }
  return {
    async compare(file, grace) {
      const stamp = await source.stampOf(file)
      if (stamp === undefined) return absence(file, grace)
      missingSince.delete(file)
      if (seen.get(file)?.stamp === stamp) return undefined
      const content = await contentOf(source, file)
      if (!content) return undefined
      const digest = sha256(content.kind === 'text' ? content.text : `\0${content.diagnostic.message}`)
      const isSame = seen.get(file)?.digest === digest
      // What could not be read is read again at the next look, and told only when it is something else.
      seen.set(file, { stamp: content.kind === 'unusable' && content.passing ? '' : stamp, digest })
      return isSame ? undefined : content
    },
    knows: (file) => seen.has(file),
    files: () => seen.keys(),
    forget: (file) => void seen.set(file, { stamp: '', digest: '' }),
  }
}

/** Undefined: it vanished after it was found; the next look says more. */
async function contentOf(
  source: DocumentSource,
  file: string,
): Promise<Exclude<Content, { readonly kind: 'gone' }> | undefined> {
  const read = await source.readText(file)
  if (read.ok) return { kind: 'text', text: read.value }
  return read.error.kind === 'unusable' ? read.error : undefined
}

import { posix } from 'node:path'
import { fromPointer } from '../core/json-pointer.ts'

/** What the text of a `$ref` asks for. */
export type Reference =
  /** `file` is relative to the document's folder; none: the file that the `$ref` stands in. */
  | { readonly kind: 'local'; readonly file?: string; readonly path: readonly string[] }
  | { readonly kind: 'remote' }
  | { readonly kind: 'outside' }
  /** A plain name after `#`, or an escape that does not decode. */
  | { readonly kind: 'unknown' }

/**
 * Reads a `$ref` (OAS "Reference Object", RFC 6901 §6). `from` is the file it stands in, relative to the document's
 * folder. Nothing is looked up.
 */
export function parseReference(text: string, from: string): Reference {
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return { kind: /^file:|^[a-z]:/i.test(text) ? 'outside' : 'remote' }
  if (text.startsWith('//')) return { kind: 'remote' }
  const hash = text.indexOf('#')
  const file = decodeText(hash < 0 ? text : text.slice(0, hash))
  const fragment = decodeText(hash < 0 ? '' : text.slice(hash + 1))
  if (file === undefined || fragment === undefined) return { kind: 'unknown' }
  if (fragment !== '' && !fragment.startsWith('/')) return { kind: 'unknown' }
  const path = fromPointer(fragment)
  if (file === '') return { kind: 'local', path }
  if (file.includes('\0') || file.includes('\\') || posix.isAbsolute(file)) return { kind: 'outside' }
  const target = posix.normalize(posix.join(posix.dirname(from), file))
  if (target === '..' || target.startsWith('../')) return { kind: 'outside' }
  return { kind: 'local', file: target, path }
}

/** Undoes the percent escapes of a text; undefined where they are no UTF-8. */
export function decodeText(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

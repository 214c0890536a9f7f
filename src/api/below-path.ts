import { canonicalLiteral } from './routes/canonical-path.ts'

export type BelowPath = { readonly path: string } | { readonly wrong: string }

/**
 * One spelling of a path that the gateway itself serves: a leading slash, none at the end, `''` for the root.
 * What intermediaries read in different ways (dot segments, encoded separators, empty segments) is refused.
 */
export function belowPath(text: string): BelowPath {
  const trimmed = text
    .replace(/^\.\//, '')
    .replace(/\/+$/, '')
    .replace(/^(?!\/|$)/, '/')
  if (/[?#]/.test(trimmed)) return { wrong: 'it has a query or a fragment' }
  if (/[\s\\\u0000-\u001f\u007f]/.test(trimmed)) return { wrong: 'it has blanks, backslashes or control characters' }
  if (/[{}<>]/.test(trimmed)) return { wrong: 'it has braces or brackets: parameters are not possible here' }
  if (/%(?![0-9A-Fa-f]{2})/.test(trimmed)) return { wrong: 'it has a "%" that begins no escape' }
  if (/%(?:2f|5c|00|0a|0d|25)/i.test(trimmed)) return { wrong: 'it has an encoded separator' }
  const path = canonicalLiteral(trimmed)
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return { wrong: 'it has dot segments' }
  return path.includes('//') ? { wrong: 'it has an empty segment' } : { path }
}

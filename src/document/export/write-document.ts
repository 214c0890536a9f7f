import { stringify } from 'yaml'

/** A document as a new text, without comments. */
export function writtenDocument(value: unknown, format: 'json' | 'yaml'): string {
  if (format === 'json') return `${JSON.stringify(value, null, 2)}\n`
  return stringify(value, { version: '1.2', compat: 'yaml-1.1', aliasDuplicateObjects: false, lineWidth: 0 })
}

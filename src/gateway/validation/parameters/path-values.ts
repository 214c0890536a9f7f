import { canonicalPath } from '../../../api/routes/canonical-path.ts'
import { matchSegment } from '../../../api/routes/match-segment.ts'
import { parseTemplate } from '../../../api/routes/path-template.ts'

/**
 * Gives the parameters of a path as they stand in it, still escaped: only so is a comma that separates told from one that is
 * part of a value. (Where a parameter has text around it, such escapes are undone.) The path is one that the router has
 * matched with this template.
 */
export function pathValues(template: string): (path: string) => ReadonlyMap<string, string> {
  const { segments } = parseTemplate(template)
  const written = segments.filter((segment) => !(segment.kind === 'literal' && segment.text === ''))
  return (path) => {
    const found = path.split('/').filter((segment) => segment !== '')
    const values = new Map<string, string>()
    for (const [index, segment] of written.entries()) {
      const text = found[index] ?? ''
      if (segment.kind === 'parameter') values.set(segment.name, text)
      if (segment.kind !== 'mixed') continue
      const texts = matchSegment(segment.pattern, canonicalPath(text)) ?? []
      for (const [at, name] of segment.names.entries()) values.set(name, texts[at] ?? '')
    }
    return values
  }
}

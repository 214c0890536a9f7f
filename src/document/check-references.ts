import type { Diagnostic } from '../core/diagnostic.ts'
import { diagnose } from './diagnose.ts'
import { DOCUMENT_LIMITS } from './limits.ts'
import { type Node, rootOf } from './node.ts'
import { type References, refOf } from './references.ts'
import type { Source } from './source.ts'

/**
 * Tries every `$ref` of the document and of the files it leads to. What serving needs (path items, parameters,
 * schemes …) must be there; a schema that cannot be followed is a warning. Leaving the folder is always an error.
 */
export function checkReferences(references: References): Diagnostic[] {
  const found: Diagnostic[] = []
  // `sources` grows while references are tried: files that files refer to are checked as well.
  for (let index = 0; index < references.sources.length; index++) {
    const source = references.sources[index]
    if (source) checkSource(source, references, found)
    if (found.length >= DOCUMENT_LIMITS.sameCode) break
  }
  return found
}

function checkSource(source: Source, references: References, found: Diagnostic[]): void {
  const path: (string | number)[] = []
  const check = (value: object, needed: boolean): void => {
    const node: Node = { value, source, path: [...path] }
    const resolved = references.follow(node)
    if (!('problem' in resolved)) return
    const { code, message, hint } = resolved.problem
    found.push(
      diagnose(
        needed || code === 'GW1202' ? code : 'GW1207',
        { source, path: [...path, '$ref'] },
        'value',
        message,
        hint,
      ),
    )
  }
  const visit = (value: object, needed: boolean, named: boolean): void => {
    if (found.length >= DOCUMENT_LIMITS.sameCode) return
    if (refOf({ value, source, path: [] }) !== undefined) check(value, needed)
    for (const [key, member] of Object.entries(value)) {
      if (typeof member !== 'object' || member === null) continue
      if (!named && isLiteral(key, member)) continue
      path.push(Array.isArray(value) ? Number(key) : key)
      visit(member, needed && !(SCHEMA_KEYS.has(key) && !named), !named && NAME_MAPS.has(key))
      path.pop()
    }
  }
  const root = rootOf(source).value
  // A file of fragments does not say what it holds; what serving needs of it is checked where it is followed.
  if (typeof root === 'object' && root !== null) visit(root, source === references.sources[0], false)
}

/** Below these, a `$ref` is one of a schema or of prose, which serving can do without. */
const SCHEMA_KEYS = new Set(['schema', 'schemas', 'examples', 'description', 'links', 'headers', 'webhooks'])

/** Objects whose keys are names that the author chose. */
const NAME_MAPS = new Set([
  ...['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions', 'paths', 'callbacks'],
  ...['schemas', 'responses', 'parameters', 'requestBodies', 'headers', 'links', 'securitySchemes', 'pathItems'],
])

/** Values that are data, in which a `$ref` is only a word. */
function isLiteral(key: string, member: object): boolean {
  if (key === 'example' || key === 'default' || key === 'enum' || key === 'const' || key === 'value') return true
  return key.startsWith('x-') || (key === 'examples' && Array.isArray(member))
}

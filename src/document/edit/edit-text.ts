import type { Diagnostic } from '../../core/diagnostic.ts'
import { hasErrors } from '../../core/diagnostic.ts'
import { equalJson } from '../../core/equal-json.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { measure } from '../measure.ts'
import { readSource } from '../read-source.ts'
import type { Source } from '../source.ts'
import { jsonLayout } from './json-layout.ts'
import { applySplices } from './splice.ts'
import { valueSplices } from './value-splices.ts'
import { yamlLayout } from './yaml-layout.ts'

/** Why a text was not edited. */
export type EditProblem =
  | { readonly kind: 'unreadable'; readonly diagnostics: readonly Diagnostic[] }
  /** What was written does not say what it should: nothing is changed then. */
  | { readonly kind: 'unsuitable' }
  /** The target is nested too deeply, or holds too many values, to be a document. */
  | { readonly kind: 'excessive' }

/** Rounds until the text says what it should: what an alias shared takes one more. */
const ROUNDS = 6

/**
 * Changes a JSON or YAML text so that it says `target`, by as few splices as can be: comments, order, quotes, anchors and
 * line breaks of what does not change stay. The result was read again and compared; a text that says it already comes back
 * as it is, byte by byte. Never throws.
 */
export function editText(text: string, target: unknown): Result<string, EditProblem> {
  if (measure(target).excess) return err({ kind: 'excessive' }) // a patch may copy a value into itself many times over
  const mark = text.charCodeAt(0) === 0xfeff ? text.slice(0, 1) : ''
  let current = text.slice(mark.length)
  for (let round = 0; round < ROUNDS; round++) {
    const read = readSource('document', current)
    if (!read.source || hasErrors(read.diagnostics)) {
      return err(round === 0 ? { kind: 'unreadable', diagnostics: read.diagnostics } : { kind: 'unsuitable' })
    }
    if (equalJson(read.source.value, target)) return ok(mark + current)
    const next = edited(read.source, target)
    if (next === current) break
    current = next
  }
  return err({ kind: 'unsuitable' })
}

function edited(source: Source, target: unknown): string {
  const layout = source.format === 'json' ? jsonLayout(source.text) : yamlLayout(source.text)
  // What is shared may come out right by itself, when it changes where it is written.
  const splices = (unshare: boolean) =>
    valueSplices({ ...layout, unshare }, layout.root, source.value, target, undefined)
  const shared = splices(false)
  return applySplices(source.text, shared.length > 0 ? shared : splices(true))
}

import type { Diagnostic } from '../../core/diagnostic.ts'
import { Problem } from '../../core/problem.ts'
import type { EditProblem } from '../../document/edit/edit-text.ts'
import type { PatchProblem } from '../../document/edit/json-patch.ts'
import { FileBusy } from '../../gateway/documents/file-lock.ts'
import { TextsReadOnly } from '../../gateway/documents/texts.ts'

/** A document that cannot be served: 409 when another one holds its place or its id, else 422. */
export function refusedDocument(diagnostics: readonly Diagnostic[]): Problem {
  const conflict = diagnostics.find(({ code }) => code === 'GW4301')
  const members = { diagnostics }
  if (conflict) return new Problem(409, 'place_taken', `${conflict.message}. Nothing was changed.`, { members })
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const first = errors[0] ? `${errors[0].line}:${errors[0].column} ${errors[0].message}` : 'it is no API document'
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  return new Problem(422, 'invalid_document', `The document cannot be served: ${first}${more}. Nothing was changed.`, {
    members,
  })
}

export const overtaken = (): Problem =>
  new Problem(409, 'document_changed', 'The document was changed at the same time. Read it again and repeat the call.')

/** RFC 9110 §15.5.13. The tag is told, so that the caller can see what it has missed. */
export const preconditionFailed = (etag: string): Problem =>
  new Problem(412, 'precondition_failed', 'The document is no longer the one that If-Match names.', {
    headers: { etag },
    members: { etag },
  })

export function notEditable(problem: EditProblem): Problem {
  if (problem.kind === 'unreadable') {
    const members = { diagnostics: problem.diagnostics }
    return new Problem(409, 'document_unreadable', 'The file of this API is broken; PUT a whole one.', { members })
  }
  if (problem.kind === 'excessive') {
    return new Problem(422, 'invalid_document', 'The document would be nested too deeply, or hold too many values.')
  }
  return new Problem(409, 'not_editable', 'The text cannot be edited in place so that it says this; PUT a whole one.')
}

export function unfitPatch({ kind, index, message }: PatchProblem): Problem {
  const detail = `Operation ${index} of the patch: ${message}.`
  if (kind === 'malformed') return new Problem(400, 'malformed_patch', detail, { members: { operation: index } })
  return new Problem(409, kind === 'test' ? 'patch_test_failed' : 'patch_conflict', detail, {
    members: { operation: index },
  })
}

/** Runs what writes documents; where they cannot be written, the caller is told why. */
export async function writing<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    if (error instanceof TextsReadOnly) {
      throw new Problem(409, 'documents_read_only', 'The documents of this gateway cannot be written.', {
        cause: error,
      })
    }
    if (!(error instanceof FileBusy)) throw error
    throw new Problem(503, 'busy', 'The document is being changed.', { headers: { 'retry-after': '5' }, cause: error })
  }
}

import type { Diagnostic } from '../core/diagnostic.ts'
import { diagnose } from './diagnose.ts'
import { DOCUMENT_LIMITS } from './limits.ts'
import type { ApiDocument } from './load-document.ts'
import { duplicateOperationIds } from './rules/duplicate-operation-ids.ts'
import { metaSchema } from './rules/meta-schema.ts'
import { newerOpenApi } from './rules/newer-openapi.ts'
import { pathKeys } from './rules/path-keys.ts'
import { pathParameters } from './rules/path-parameters.ts'
import { securityNames } from './rules/security-names.ts'

/** A rule looks at a document and says what it finds; it never throws, whatever the document holds. */
export type Rule = (document: ApiDocument) => Diagnostic[]

const RULES: readonly Rule[] = [
  metaSchema,
  newerOpenApi,
  pathKeys,
  duplicateOperationIds,
  securityNames,
  pathParameters,
]

/** Whether the document is valid OpenAPI, as far as serving it is concerned. Long lists of one kind are cut. */
export function validateDocument(document: ApiDocument): Diagnostic[] {
  const kept: Diagnostic[] = []
  const counts = new Map<string, number>()
  for (const diagnostic of RULES.flatMap((rule) => rule(document))) {
    const count = (counts.get(diagnostic.code) ?? 0) + 1
    counts.set(diagnostic.code, count)
    if (count <= DOCUMENT_LIMITS.sameCode) kept.push(diagnostic)
  }
  for (const [code, count] of counts) {
    const more = count - DOCUMENT_LIMITS.sameCode
    if (more > 0) kept.push(diagnose('GW5103', document.root, 'key', `${more} more diagnostics ${code} are not listed`))
  }
  return kept
}

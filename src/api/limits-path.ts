import type { DeclaredOperation } from '../document/operations.ts'
import type { SecurityScheme } from './api.ts'
import { canonicalLiteral } from './routes/canonical-path.ts'
import { routedPart } from './routes/path-template.ts'

const PATH = '/oauth/limits'

/** Where whoever has credentials sees its limits; nowhere when the document or a flow has something else in that place. */
export function limitsPathOf(
  schemes: ReadonlyMap<string, SecurityScheme>,
  endpoints: ReadonlyMap<string, unknown>,
  operations: readonly DeclaredOperation[],
): string | undefined {
  const canAuthenticate = [...schemes.values()].some(({ kind }) => kind !== 'unsupported')
  const isTaken = endpoints.has(PATH) || operations.some(({ path }) => canonicalLiteral(routedPart(path)) === PATH)
  return canAuthenticate && !isTaken ? PATH : undefined
}

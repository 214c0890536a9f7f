import type { Principal } from '../../oauth/tokens/principal.ts'
import type { Call } from '../call.ts'

/** Why a security scheme is not satisfied. */
export interface Refusal {
  /**
   * `missing`: nothing was presented. `invalid`: what was presented is not, or no longer, good. `several`: it was presented
   * in more than one way. `unsupported`: the gateway cannot check this scheme. `unknown`: whoever knows did not answer.
   */
  readonly refused: 'missing' | 'invalid' | 'several' | 'unsupported' | 'unknown'
  readonly detail: string
  readonly cause?: Error
}

/** What one security scheme says of a call: who makes it, or why not. */
export type Verdict = Principal | Refusal

/** Tries one security scheme against a call. Synchronous whenever the answer is in memory. */
export type Check = (call: Call) => Verdict | Promise<Verdict>

export function isRefusal(verdict: Verdict): verdict is Refusal {
  return (verdict as Partial<Refusal>).refused !== undefined
}

export const MISSING: Refusal = { refused: 'missing', detail: 'No credentials were presented.' }
export const INVALID_TOKEN: Refusal = {
  refused: 'invalid',
  detail: 'The access token is malformed, unknown, expired or revoked, or was issued for another API.',
}
export const SEVERAL: Refusal = {
  refused: 'several',
  detail: 'The credential must be presented once, in one way (RFC 6750 section 2).',
}

export function hasScopes(principal: Principal, scopes: readonly string[]): boolean {
  for (const scope of scopes) if (!principal.scope.has(scope)) return false
  return true
}

import type { Credential } from './credential.ts'

/** A scheme that cannot be checked satisfies nobody: what needs it fails closed. */
export const unsupported: Credential<'unsupported'> = {
  kind: 'unsupported',
  check: (scheme) => {
    const refusal = {
      refused: 'unsupported',
      detail: `The security scheme "${scheme.name}" cannot be checked by this gateway.`,
    } as const
    return () => refusal
  },
  challenge: () => undefined,
  places: () => ({}),
}

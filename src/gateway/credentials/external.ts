import { bearerChallenge } from './bearer-challenge.ts'
import type { Credential } from './credential.ts'
import { tokenCheck, tokenPlaces } from './token-credential.ts'

/** `oauth2` and `openIdConnect` of another server: whoever it vouches for. */
export const external: Credential<'external'> = {
  kind: 'external',
  check: (scheme, _, deps) => tokenCheck(scheme.sources, deps.external.of(scheme), () => true),
  challenge: (scheme, api) => bearerChallenge(api, scheme.realm),
  places: (scheme) => tokenPlaces(scheme.sources),
}

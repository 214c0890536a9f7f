import { bearerChallenge } from './bearer-challenge.ts'
import type { Credential } from './credential.ts'
import { tokenCheck, tokenPlaces } from './token-credential.ts'

/** `http` `bearer`: any live token of this gateway whose client has access to this API. */
export const bearer: Credential<'bearer'> = {
  kind: 'bearer',
  check: (scheme, api, deps) =>
    tokenCheck(
      scheme.sources,
      deps.tokens,
      (principal) => principal.api === api.id || (principal.apis?.includes(api.id) ?? false),
    ),
  challenge: (_, api) => bearerChallenge(api),
  places: (scheme) => tokenPlaces(scheme.sources),
}

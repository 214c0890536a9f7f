import { reaches } from '../../oauth/tokens/rights.ts'
import { bearerChallenge } from './bearer-challenge.ts'
import type { Credential } from './credential.ts'
import { tokenCheck, tokenPlaces } from './token-credential.ts'

/** `http` `bearer`: any live token of this gateway whose client has access to this API, itself or by its policies. */
export const bearer: Credential<'bearer'> = {
  kind: 'bearer',
  check: (scheme, api, deps) =>
    tokenCheck(
      scheme.sources,
      deps.tokens,
      (principal) => principal.api === api.id || reaches(principal.rights, principal.apis ?? [], api.id),
    ),
  challenge: (_, api) => bearerChallenge(api),
  places: (scheme) => tokenPlaces(scheme.sources),
}

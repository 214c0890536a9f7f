import type { IssuerScheme } from '../../api/api.ts'
import type { Principal } from '../../oauth/tokens/principal.ts'
import type { Call } from '../call.ts'
import { bearerChallenge } from './bearer-challenge.ts'
import type { Credential } from './credential.ts'
import { tokenCheck, tokenPlaces } from './token-credential.ts'

/** `oauth2`: an access token that this API has issued, or one that is global on both sides. */
export const issuer: Credential<'issuer'> = {
  kind: 'issuer',
  check: (scheme, api, deps) =>
    tokenCheck(
      scheme.sources,
      deps.tokens,
      (principal, call) => principal.api === api.id || isGlobal(scheme, principal, call),
    ),
  challenge: (scheme, api) => bearerChallenge(api, scheme.settings.realm),
  places: (scheme) => tokenPlaces(scheme.sources),
}

/** Both this scheme and the one that issued the token, as it is set now, must have `globalCredentials` on. */
function isGlobal(scheme: IssuerScheme, principal: Principal, call: Call): boolean {
  if (!scheme.settings.globalCredentials || principal.api === undefined || principal.scheme === undefined) return false
  const origin = call.snapshot.apis.get(principal.api)?.securitySchemes.get(principal.scheme)
  return origin?.kind === 'issuer' && origin.settings.globalCredentials
}

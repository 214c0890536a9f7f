import type { Api, SecurityScheme } from '../../api/api.ts'
import type { Check } from '../security/verdict.ts'
import type { CredentialPlaces } from '../strip-credential.ts'
import { apiKey } from './api-key.ts'
import { basic } from './basic.ts'
import { bearer } from './bearer.ts'
import type { Challenge, Credential, CredentialDeps } from './credential.ts'
import { external } from './external.ts'
import { issuer } from './issuer.ts'
import { unsupported } from './unsupported.ts'

/** Every kind of credential that the data plane knows. */
const CREDENTIALS: { readonly [K in SecurityScheme['kind']]: Credential<K> } = {
  issuer,
  external,
  bearer,
  apiKey,
  basic,
  unsupported,
}

/** The lookup loses which kind belongs to which scheme; the table above is what guarantees it. */
const credentialOf = (scheme: SecurityScheme) => CREDENTIALS[scheme.kind] as Credential<SecurityScheme['kind']>

export const compileCheck = (scheme: SecurityScheme, api: Api, deps: CredentialDeps): Check =>
  credentialOf(scheme).check(scheme, api, deps)

export const compileChallenge = (scheme: SecurityScheme, api: Api): Challenge | undefined =>
  credentialOf(scheme).challenge(scheme, api)

/** Every place on a request where a credential of one of these schemes may stand. */
export function credentialPlaces(schemes: Iterable<SecurityScheme>): CredentialPlaces {
  const places = [...schemes].map((scheme) => credentialOf(scheme).places(scheme))
  const union = (kind: keyof CredentialPlaces) => new Set(places.flatMap((place) => [...(place[kind] ?? [])]))
  return { headers: union('headers'), queries: union('queries'), cookies: union('cookies') }
}

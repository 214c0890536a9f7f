import type { Api, SecurityScheme } from '../../api/api.ts'
import type { AccessTokens } from '../../oauth/tokens/access-tokens.ts'
import type { ExternalTokens } from '../external-tokens/external-tokens.ts'
import type { Check } from '../security/verdict.ts'
import type { CredentialPlaces } from '../strip-credential.ts'
import type { FindConsumer } from './named-consumer.ts'

/** What checking credentials needs of the rest of the gateway. */
export interface CredentialDeps {
  readonly tokens: AccessTokens
  /** Tokens of other servers. */
  readonly external: ExternalTokens
  /** Whether these are name and password of a registered user. Throws `StoreUnavailable` when that cannot be known. */
  readonly users: (username: string, password: string) => Promise<boolean>
  /** Registered consumers; without it, those that a document names stand for themselves. */
  readonly consumers?: FindConsumer
}

type SchemeOf<K extends SecurityScheme['kind']> = Extract<SecurityScheme, { readonly kind: K }>

/** A kind of credential: how it is checked, asked for, and removed. */
export interface Credential<K extends SecurityScheme['kind']> {
  readonly kind: K
  check(scheme: SchemeOf<K>, api: Api, deps: CredentialDeps): Check
  /** RFC 9110 §11.6.1: the challenge of a scheme; undefined when it has none to offer. */
  challenge(scheme: SchemeOf<K>, api: Api): Challenge | undefined
  /** Where on a request it may stand. */
  places(scheme: SchemeOf<K>): Partial<CredentialPlaces>
}

export interface Challenge {
  /** `Bearer`, `Basic`, … */
  readonly scheme: string
  /** `realm="…"` and what else always stands there. */
  readonly parameters: string
  /** Whether it says errors and scopes as RFC 6750 §3 does. */
  readonly bearer: boolean
}

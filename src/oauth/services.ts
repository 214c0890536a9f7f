import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Random } from '../core/random.ts'
import type { Vault } from '../core/vault.ts'
import type { Announcer } from '../notify/event.ts'
import type { Outbound } from '../outbound/outbound.ts'
import type { Store } from '../store/store.ts'
import type { ClientKeys } from './client-auth/client-keys.ts'
import type { SecretCheck } from './client-auth/secret-check.ts'
import type { ClientDirectory } from './clients/client-directory.ts'
import type { ConsumerDirectory } from './consumers/consumer-directory.ts'
import type { EndpointLimits } from './endpoint-limits.ts'
import type { FailureLimit } from './failure-limit.ts'
import type { Passwords } from './passwords/passwords.ts'
import type { VerifiedPasswords } from './passwords/verified-passwords.ts'
import type { SigningKeys } from './signing/signing-keys.ts'
import type { TokenObserver } from './token-observer.ts'
import type { AccessTokens } from './tokens/access-tokens.ts'

/** What the endpoints of the authorization server work with; made once, by the composition root. */
export interface OAuthServices {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly vault: Vault
  readonly log: Log
  readonly announcer: Announcer
  readonly outbound: Outbound
  readonly clients: ClientDirectory
  readonly consumers: ConsumerDirectory
  readonly secrets: SecretCheck
  readonly passwords: Passwords
  readonly verified: VerifiedPasswords
  readonly accessTokens: AccessTokens
  readonly failures: FailureLimit
  /** The same for all that is guessed from one address, whosever it is. */
  readonly guesses: FailureLimit
  readonly limits: EndpointLimits
  readonly signing: SigningKeys
  readonly clientKeys: ClientKeys
  readonly observer?: TokenObserver
}

import type { Settings } from '../config/settings.ts'
import { createAnnouncer } from '../notify/announce.ts'
import type { Deliverer } from '../notify/deliverer.ts'
import type { LiveEndpoints } from '../notify/live-endpoints.ts'
import { createClientKeys } from '../oauth/client-auth/client-keys.ts'
import { createSecretCheck } from '../oauth/client-auth/secret-check.ts'
import { createClientDirectory } from '../oauth/clients/client-directory.ts'
import { createConsumerDirectory } from '../oauth/consumers/consumer-directory.ts'
import { createEndpointLimits } from '../oauth/endpoint-limits.ts'
import { createFailureLimit, FREE_AT_ADDRESS } from '../oauth/failure-limit.ts'
import { createPasswords } from '../oauth/passwords/passwords.ts'
import { createVerifiedPasswords } from '../oauth/passwords/verified-passwords.ts'
import type { OAuthServices } from '../oauth/services.ts'
import { createSigningKeys } from '../oauth/signing/signing-keys.ts'
import type { TokenObserver } from '../oauth/token-observer.ts'
import { createAccessTokens } from '../oauth/tokens/create-access-tokens.ts'
import type { GatewayDeps } from './deps.ts'
import { sharedLimiter } from './shared-limiter.ts'

export interface OAuthParts extends GatewayDeps, Pick<OAuthServices, 'store' | 'vault' | 'outbound'> {
  readonly deliverer: Deliverer
  readonly receivers: () => LiveEndpoints
  readonly observer: TokenObserver
  readonly settings: Settings
}

/** Access tokens kept in memory: about 50 MB when all of them are in use. */
const CACHED_TOKENS = 100_000

/** What the authorization server of every API works with. */
export function oauthServices(parts: OAuthParts): OAuthServices & { close(): Promise<void> } {
  const { store, clock, random, log, vault, outbound, deliverer, receivers, observer, settings } = parts
  const passwords = createPasswords({ random })
  const verified = createVerifiedPasswords({ clock, random, passwords })
  const clients = createClientDirectory({ store, clock })
  const consumers = createConsumerDirectory({ store, clock })
  const signing = createSigningKeys({ store, clock, vault })
  const { rates, close } = sharedLimiter(settings, store, parts)
  const accessTokens = createAccessTokens({ store, clock, clients, signing, cacheSize: CACHED_TOKENS })
  return {
    store,
    clock,
    random,
    vault,
    log,
    outbound,
    observer,
    passwords,
    clients,
    consumers,
    signing,
    clientKeys: createClientKeys({ outbound, clock }),
    verified,
    secrets: createSecretCheck({ clock, verified }),
    failures: createFailureLimit(clock),
    guesses: createFailureLimit(clock, FREE_AT_ADDRESS),
    limits: createEndpointLimits({ take: (key, limit) => rates.take(key, { ...limit, by: 'client' }) }),
    accessTokens,
    announcer: createAnnouncer({
      vault,
      random,
      clock,
      endpointsOf: (api, scheme) => receivers().of(api, scheme),
      deliver: (ids) => deliverer.deliver(ids),
    }),
    close() {
      accessTokens.close()
      signing.close()
      clients.close()
      consumers.close()
      return close()
    },
  }
}

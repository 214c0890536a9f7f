import type { ClientCredentialsSettings } from '../../api/settings/client-credentials.ts'
import type { UpstreamAuthentication } from '../../api/settings/upstream-authentication.ts'
import { lru } from '../../core/lru.ts'
import type { Vault } from '../../core/vault.ts'
import type { Store } from '../../store/store.ts'
import { sharedTokens } from './shared-tokens.ts'
import { type TokenOutcome, TokenSource, type TokenSourceDeps } from './token-source.ts'
import { fixedCredential, type UpstreamCredential } from './upstream-credential.ts'

/** How the gateway authenticates at upstreams. */
export interface UpstreamCredentials {
  /** Undefined where it does not. Equal settings, wherever they stand, share one token. */
  for(settings: UpstreamAuthentication | undefined): UpstreamCredential | undefined
  /** Requests for tokens since the start, by what came of them. */
  readonly counts: Readonly<Record<TokenOutcome, number>>
  /** From now on nothing is refreshed by itself. */
  close(): void
}

export interface UpstreamCredentialsDeps extends Omit<TokenSourceDeps, 'shared' | 'ended' | 'asked'> {
  readonly store: Store
  readonly vault: Vault
}

/** Token sources that are remembered to be shared; those beyond work on, each for whoever holds it. */
const SOURCES = 2000

export function createUpstreamCredentials(deps: UpstreamCredentialsDeps): UpstreamCredentials {
  const shared = sharedTokens(deps)
  const sources = lru<string, TokenSource>(SOURCES)
  const counts = { obtained: 0, failed: 0 }
  let ended = false
  const sourceOf = (settings: ClientCredentialsSettings): TokenSource => {
    const name = shared.nameOf(identityOf(settings))
    const known = sources.get(name)
    if (known) return known
    const source = new TokenSource(settings, name, {
      ...deps,
      shared,
      ended: () => ended,
      asked: (outcome) => void counts[outcome]++,
    })
    sources.set(name, source)
    return source
  }
  return {
    counts,
    for(settings) {
      if (!settings?.enabled) return undefined
      const { basicAuth, header, oauth } = settings
      if (oauth) return sourceOf(oauth.clientCredentials)
      if (header) return fixedCredential(header.name, header.value.reveal())
      if (!basicAuth) return undefined
      const pair = Buffer.from(`${basicAuth.username}:${basicAuth.password.reveal()}`).toString('base64')
      return fixedCredential(basicAuth.header, `Basic ${pair}`)
    },
    close() {
      ended = true
      sources.clear()
    },
  }
}

/** Everything that matters for the token and its handling, secrets included: with a new secret begins a new token. */
function identityOf(settings: ClientCredentialsSettings): string {
  const { clientSecret, privateKey, scopes, ...rest } = settings
  const secrets = [clientSecret?.reveal(), privateKey?.key.reveal()]
  return JSON.stringify([{ ...rest, privateKey }, [...scopes].sort(), secrets])
}

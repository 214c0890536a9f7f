import type { IssuerScheme } from '../../api/api.ts'
import type { Client } from '../clients/client.ts'
import type { PolicyRules, SessionRules } from '../records/policy.ts'

/** Milliseconds. */
type LifetimeRules = Pick<PolicyRules, 'accessTokenLifetime' | 'refreshTokenLifetime'>

/** The client as it is issued tokens under a session, which makes nothing live longer than it would. */
export function underSession(client: Client, session: SessionRules | undefined, { settings }: IssuerScheme): Client {
  if (!session) return client
  const ofScheme = { accessToken: settings.accessTokenLifetime, refreshToken: settings.refreshTokenLifetime }
  return withLifetimes({ ...client, lifetimes: { ...ofScheme, ...client.lifetimes } }, session)
}

/** The client with lifetimes that are no longer than the rules say. */
export function withLifetimes<C extends Client>(client: C, rules: LifetimeRules): C {
  const { accessTokenLifetime, refreshTokenLifetime } = rules
  const { accessToken = accessTokenLifetime, refreshToken = refreshTokenLifetime } = client.lifetimes ?? {}
  return {
    ...client,
    lifetimes: {
      ...client.lifetimes,
      ...(accessToken === undefined ? {} : { accessToken: shorter(accessToken, accessTokenLifetime) }),
      ...(refreshToken === undefined ? {} : { refreshToken: shorter(refreshToken, refreshTokenLifetime) }),
    },
  }
}

const shorter = (a: number, b: number | undefined): number => (b === undefined ? a : Math.min(a, b))

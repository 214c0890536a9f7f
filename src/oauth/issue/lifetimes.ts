import type { IssuerScheme } from '../../api/api.ts'
import type { ClientRecord } from '../records/client.ts'
import { RETIRED_FOR } from '../signing/ring.ts'

/** How long what is issued lives, in milliseconds. */
export interface Lifetimes {
  readonly accessToken: number
  /** From the first token of a grant. */
  readonly refreshToken: number
  /** Unused. */
  readonly refreshTokenIdle?: number
}

/** What the client is registered with, else what the scheme says. A JWT ends before its key is no longer published. */
export function lifetimesOf({ settings }: IssuerScheme, { lifetimes }: Pick<ClientRecord, 'lifetimes'>): Lifetimes {
  const accessToken = lifetimes?.accessToken ?? settings.accessTokenLifetime
  const idle = lifetimes?.refreshTokenIdle ?? settings.refreshTokenIdleLifetime
  return {
    accessToken: settings.accessTokenFormat === 'jwt' ? Math.min(accessToken, RETIRED_FOR) : accessToken,
    refreshToken: lifetimes?.refreshToken ?? settings.refreshTokenLifetime,
    ...(idle === undefined ? {} : { refreshTokenIdle: idle }),
  }
}

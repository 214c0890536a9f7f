import type { Instant } from '../../core/clock.ts'
import { FOREVER } from '../../core/duration.ts'
import type { TokenEvent } from '../../notify/event.ts'
import type { Commit } from '../../store/store.ts'
import type { Authorization, TokenAnswer } from '../grants/authorization.ts'
import type { OAuthServices } from '../services.ts'
import type { Signer } from '../tokens/jwt-access-token.ts'

/** All that an issue does, before any of it is done. */
export interface IssuePlan {
  readonly commit: Commit
  readonly event: TokenEvent
  readonly answer: TokenAnswer
}

export interface PlanServices extends Pick<OAuthServices, 'random' | 'vault'> {
  /** Present where access tokens are JWTs. */
  readonly signer: Signer | undefined
}

export type Planner = (authorization: Authorization, services: PlanServices, now: Instant) => IssuePlan

/** The answer of RFC 6749 §5.1, without `expires_in` for a token that never expires. `lifetime`: milliseconds. */
export function tokenAnswer(
  accessToken: string,
  lifetime: number,
  scope: readonly string[],
  refreshToken?: string,
): TokenAnswer {
  return {
    access_token: accessToken,
    token_type: 'bearer',
    ...(lifetime >= FOREVER ? {} : { expires_in: Math.floor(lifetime / 1000) }),
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    ...(scope.length === 0 ? {} : { scope: scope.join(' ') }),
  }
}

import { newGrantId } from '../tokens/token-format.ts'
import { newAccessToken } from './access-token.ts'
import { type Planner, tokenAnswer } from './plan.ts'

/** A client's own token (RFC 6749 §4.4): no grant, no refresh token. The id in it only spreads tokens over partitions. */
export const withoutGrant: Planner = (authorization, services, now) => {
  const { token, record, partition, writes, told } = newAccessToken(
    authorization,
    newGrantId(services.random),
    services,
    now,
  )
  return {
    commit: { partition, writes },
    event: { ...told, type: 'oauth.token.issued' },
    answer: tokenAnswer(token, record.expiresAt - now, authorization.scope),
  }
}

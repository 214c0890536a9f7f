import { sha256 } from '../../core/digest.ts'
import type { Authorization } from '../grants/authorization.ts'
import { accessTokenKey, tokensOfClient } from '../records/access-token.ts'
import { type GrantRecord, grantKey, type RefreshState } from '../records/grant.ts'
import { MARK } from '../tokens/marks.ts'
import { mintRefreshToken } from '../tokens/token-format.ts'
import { newAccessToken } from './access-token.ts'
import { sealAnswer } from './grace-answer.ts'
import { grantWrites } from './new-grant.ts'
import { type Planner, tokenAnswer } from './plan.ts'

/** RFC 6749 §6: new tokens of a grant. The access token before them ends in the same commit. */
export const rotation: Planner = (authorization, services, now) => {
  const { family, scope } = authorization
  const { random, vault } = services
  if (family.kind !== 'refresh' || !family.grant.value.refresh) throw new TypeError('a rotation needs a refresh token')
  const { value: grant, version } = family.grant
  const generation = family.grant.value.refresh.generation
  const access = newAccessToken(authorization, grant.id, services, now)
  const rotates = mustRotate(authorization)
  const refreshToken = rotates ? mintRefreshToken(grant.id, generation + 1, random, vault) : family.presented
  const answer = tokenAnswer(access.token, access.record.expiresAt - now, scope, refreshToken)
  const refresh: RefreshState = rotates
    ? {
        current: sha256(refreshToken),
        generation: generation + 1,
        issuedAt: now,
        previous: {
          digest: sha256(family.presented),
          usedAt: now,
          answer: sealAnswer(answer, family.presented, grant.id, random),
        },
      }
    : { current: family.grant.value.refresh.current, generation, issuedAt: now }
  const next: GrantRecord = { ...grant, access: access.record.digest, refresh }
  const { partition } = access
  return {
    commit: {
      partition,
      guards: [{ key: grantKey(grant.id), version }],
      writes: [
        { op: 'remove', key: accessTokenKey(partition, grant.access) },
        { op: 'unindex', index: tokensOfClient(grant.clientId), member: `${partition}.${grant.access}` },
        ...access.writes,
        ...grantWrites(next, access.record.expiresAt),
      ],
      marks: [{ topic: MARK.token, id: grant.access, at: now }],
    },
    event: {
      ...access.told,
      type: 'oauth.token.refreshed',
      refreshToken,
      oldRefreshToken: family.presented,
    },
    answer,
  }
}

/** Whose refresh tokens are replaced at each use (RFC 9700 §4.14.2: at least those of public clients). */
function mustRotate({ scheme, client }: Authorization): boolean {
  const policy = scheme.settings.refreshTokenRotation
  return policy === 'always' || (policy === 'public' && client.type === 'public')
}

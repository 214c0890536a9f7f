import type { Api } from '../../api/api.ts'
import type { Clock } from '../../core/clock.ts'
import { sha256 } from '../../core/digest.ts'
import type { Random } from '../../core/random.ts'
import type { Entry, Key, Store } from '../../store/store.ts'
import { grantPartition } from '../records/grant.ts'
import { type LoginChallengeRecord, loginChallengeKey } from '../records/login-challenge.ts'
import { mintToken, newGrantId, readToken } from '../tokens/token-format.ts'
import type { AuthorizationRequest } from './authorization-request.ts'

/** How long a login may take, in milliseconds. */
export const LOGIN_CHALLENGE_LIFETIME = 10 * 60_000

/**
 * Keeps a checked request until the identity server decides on it, and returns the challenge that names it. What was
 * checked is what will be granted: the browser carries nothing but the challenge (RFC 9700 §4.1.3).
 */
export async function keepForLogin(
  request: AuthorizationRequest,
  deps: { readonly store: Store; readonly clock: Clock; readonly random: Random },
): Promise<string> {
  const grantId = newGrantId(deps.random)
  const challenge = mintToken('login', grantId, deps.random)
  const expiresAt = deps.clock.now() + LOGIN_CHALLENGE_LIFETIME
  const record: LoginChallengeRecord = {
    grantId,
    api: request.api.id,
    scheme: request.scheme.name,
    clientId: request.client.clientId,
    responseType: request.responseType,
    redirectUri: request.redirectUri,
    redirectUriGiven: request.redirectUriGiven,
    scope: request.scope,
    ...(request.state === undefined ? {} : { state: request.state }),
    ...(request.codeChallenge === undefined ? {} : { codeChallenge: request.codeChallenge }),
    expiresAt,
  }
  await deps.store.commit({
    partition: grantPartition(grantId),
    writes: [{ op: 'put', key: loginChallengeKey(grantId, sha256(challenge)), value: record, expiresAt }],
  })
  return challenge
}

/** A challenge that still waits, with what is needed to consume it exactly once. */
export interface WaitingChallenge extends Entry<LoginChallengeRecord> {
  readonly key: Key<LoginChallengeRecord>
}

/** The request that a challenge of this API names; undefined when it was never made, has expired or was used. */
export async function findChallenge(challenge: string, api: Api, store: Store): Promise<WaitingChallenge | undefined> {
  const grantId = readToken('login', challenge)
  if (grantId === undefined) return undefined
  const key = loginChallengeKey(grantId, sha256(challenge))
  const [entry] = await store.get([key])
  return entry?.value.api === api.id ? { ...entry, key } : undefined
}

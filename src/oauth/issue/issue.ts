import { withAnnouncement } from '../../notify/event.ts'
import type { Key } from '../../store/store.ts'
import { OAuthError } from '../errors.ts'
import type { Authorization, Family, TokenAnswer } from '../grants/authorization.ts'
import type { OAuthServices } from '../services.ts'
import { newGrant } from './new-grant.ts'
import type { Planner } from './plan.ts'
import { rotation } from './rotation.ts'
import { withoutGrant } from './without-grant.ts'

const PLANNERS: Readonly<Record<Family['kind'], Planner>> = {
  none: withoutGrant,
  new: newGrant,
  refresh: rotation,
}

export type IssueOutcome =
  | { readonly ok: true; readonly answer: TokenAnswer }
  /** Something that the authorization rests on has changed since it was read: authorize again. */
  | { readonly ok: false; readonly conflict: Key<unknown> }

/**
 * Mints the tokens of an authorization, stores them and tells of them in one commit; the answer exists only after it.
 * Throws `StoreUnavailable`, and `temporarily_unavailable` when the notifications' queue is full.
 */
export async function issue(
  authorization: Authorization,
  services: Pick<OAuthServices, 'store' | 'clock' | 'random' | 'vault' | 'announcer' | 'observer' | 'signing'>,
): Promise<IssueOutcome> {
  const isJwt = authorization.scheme.settings.accessTokenFormat === 'jwt'
  const signer = isJwt ? await services.signing.signer() : undefined
  const plan = PLANNERS[authorization.family.kind]
  const { commit, event, answer } = plan(authorization, { ...services, signer }, services.clock.now())
  const announcement = services.announcer.announce(commit.partition, event)
  const outcome = await services.store.commit(withAnnouncement(commit, announcement))
  if (outcome.ok) {
    const { api, scheme, client, grantType } = authorization
    services.observer?.issued(api.id, scheme.name, grantType, client.clientId)
    if (announcement.enqueue.length > 0) services.announcer.wake()
    return { ok: true, answer }
  }
  if (outcome.reason === 'conflict') return { ok: false, conflict: outcome.key }
  throw new OAuthError('temporarily_unavailable', 'Tokens cannot be issued at the moment.', {
    headers: { 'retry-after': '5' },
    reason: `the queue ${outcome.queue} is ${outcome.reason}`,
  })
}

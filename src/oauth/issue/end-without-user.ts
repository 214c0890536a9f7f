import { OAuthError } from '../errors.ts'
import type { Authorization } from '../grants/authorization.ts'
import { userKey } from '../records/user.ts'
import { type RevocationServices, revokeGrant } from '../revocation/revoke-grant.ts'

/**
 * To be called once the tokens of an authorization are stored: ends them when the user whose password they rest on was
 * removed while it was checked. No guard of their commit could see that, because users have other partitions. Whoever
 * removes a user after this has looked finds the grant. Throws `invalid_grant` and `StoreUnavailable`.
 */
export async function endWithoutUser(
  { registered, family }: Pick<Authorization, 'registered' | 'family'>,
  services: RevocationServices,
): Promise<void> {
  if (!registered || family.kind !== 'new') return
  const [user] = await services.store.get([userKey(registered.username)])
  if (user?.value.createdAt === registered.createdAt) return // another of that name was registered at another time
  await revokeGrant(family.grantId, 'admin', services)
  throw new OAuthError('invalid_grant', 'The user name or the password is wrong.')
}

import { sha256 } from '../../core/digest.ts'
import { accessTokenKey } from '../records/access-token.ts'
import { grantKey, grantPartition, type RevocationReason } from '../records/grant.ts'
import type { OAuthServices } from '../services.ts'
import { grantOfAccessToken } from '../tokens/grant-of-access-token.ts'
import { readRefreshToken } from '../tokens/token-format.ts'
import { endAccessToken } from './end-access-token.ts'
import { type RevocationServices, revokeGrant } from './revoke-grant.ts'

/** Whose token it must be: a client, at one API or at any. */
export interface TokenOwner {
  readonly clientId: string
  readonly api?: string
}

/**
 * RFC 7009 §2.1: ends a token if it is the owner's. An access token ends alone, unless its grant has nothing else; a
 * refresh token, even one that was used already, ends its whole family. What the token is shows in the token, so hints
 * are not needed. False when there was nothing to end. Throws `StoreUnavailable`.
 */
export async function revokeToken(
  token: string,
  owner: TokenOwner,
  reason: RevocationReason,
  services: RevocationServices & Pick<OAuthServices, 'vault' | 'signing'>,
): Promise<boolean> {
  const refresh = readRefreshToken(token, services.vault)
  if (refresh) return revokeFamily(refresh.grantId, owner, reason, services)
  const grantId = await grantOfAccessToken(token, services.signing)
  return grantId === undefined ? false : revokeAccessToken(sha256(token), grantId, owner, reason, services)
}

async function revokeFamily(
  grantId: string,
  owner: TokenOwner,
  reason: RevocationReason,
  services: RevocationServices,
): Promise<boolean> {
  const [grant] = await services.store.get([grantKey(grantId)])
  return grant !== undefined && owns(owner, grant.value) && revokeGrant(grantId, reason, services)
}

async function revokeAccessToken(
  digest: string,
  grantId: string,
  owner: TokenOwner,
  reason: RevocationReason,
  services: RevocationServices,
): Promise<boolean> {
  const { store } = services
  const [access] = await store.get([accessTokenKey(grantPartition(grantId), digest)])
  if (!access || !owns(owner, access.value)) return false
  if (access.value.grantId !== undefined) {
    const [grant] = await store.get([grantKey(grantId)])
    if (grant && !grant.value.refresh) return revokeGrant(grantId, reason, services)
  }
  return endAccessToken(access, grantPartition(grantId), services)
}

const owns = (owner: TokenOwner, record: { readonly clientId: string; readonly api: string }): boolean =>
  record.clientId === owner.clientId && (owner.api === undefined || record.api === owner.api)

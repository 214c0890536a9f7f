import { sha256 } from '../../core/digest.ts'
import type { Commit, Entry } from '../../store/store.ts'
import { outlives } from '../clients/outlives.ts'
import { OAuthError } from '../errors.ts'
import { lifetimesOf } from '../issue/lifetimes.ts'
import { underSession } from '../policies/under-session.ts'
import { type AuthorizationCodeRecord, codeKey } from '../records/authorization-code.ts'
import { revokeGrant } from '../revocation/revoke-grant.ts'
import { stillAllowed } from '../scope.ts'
import type { OAuthServices } from '../services.ts'
import { readToken } from '../tokens/token-format.ts'
import { authorized, type Grant, type GrantRequest } from './grant.ts'
import { answersChallenge, checkVerifierSyntax } from './pkce.ts'

/** RFC 6749 §4.1.3: a code, once, by the client it was issued to. */
export const authorizationCode: Grant = {
  grantType: 'authorization_code',
  parameters: ['code', 'redirect_uri', 'code_verifier'],
  flow: 'authorizationCode',
  publicClients: true,
  async authorize(request, services) {
    const code = request.parameter('code')
    if (code === undefined) throw new OAuthError('invalid_request', 'The code is missing.')
    checkVerifierSyntax(request.parameter('code_verifier'))
    const { entry, scheme, digest } = await ownCode(code, request, services)
    const record = entry.value
    const client = underSession(request.client, record.session, scheme)
    if (record.redeemedAt !== undefined) {
      await revokeGrant(record.grantId, 'code_replay', services) // §4.1.2: what it issued is not to be trusted either
      throw invalidCode()
    }
    if (record.expiresAt <= services.clock.now()) throw invalidCode()
    const consume = consumption(entry, digest, services.clock.now(), lifetimesOf(scheme, client).accessToken)
    if (!matches(request, record)) {
      // Guessing costs the code: whoever holds a stolen one has a single try.
      await services.store.commit({ partition: consume.partition, guards: consume.guards, writes: consume.writes })
      throw invalidCode()
    }
    return authorized({
      api: request.api,
      scheme,
      client,
      subject: record.subject,
      scope: stillAllowed(record.scope, scheme, client),
      grantType: 'authorization_code',
      metadata: record.metadata,
      ...(record.session === undefined ? {} : { session: record.session }),
      family: { kind: 'new', grantId: record.grantId, code, consume },
    })
  },
}

/** The record of a code that was issued to this client, here; anyone else's is none of its business and stays as it is. */
async function ownCode(code: string, { api, schemes, client }: GrantRequest, { store }: OAuthServices) {
  const grantId = readToken('code', code)
  if (grantId === undefined) throw invalidCode()
  const digest = sha256(code)
  const [entry] = await store.get([codeKey(grantId, digest)])
  const record = entry?.value
  if (!entry || record?.clientId !== client.clientId || record.api !== api.id) throw invalidCode()
  const scheme = schemes.find((candidate) => candidate.name === record.scheme)
  const at = record.expiresAt - (scheme?.settings.authorizationCodeLifetime ?? 0)
  if (!scheme || !outlives({ api: api.id, at }, client)) throw invalidCode()
  return { entry, scheme, digest }
}

/** §4.1.3: the redirect URI must be repeated exactly if the authorization request named it. */
function matches({ parameter }: GrantRequest, record: AuthorizationCodeRecord): boolean {
  const redirectUri = parameter('redirect_uri')
  const sameRedirect = redirectUri === record.redirectUri || (redirectUri === undefined && !record.redirectUriGiven)
  return sameRedirect && answersChallenge(parameter('code_verifier'), record)
}

/** How long a redeemed code is remembered, at least (milliseconds). */
const REMEMBERED_FOR = 60 * 60_000

/** And at most, where tokens live for longer. */
const REMEMBERED_AT_MOST = 90 * 86_400_000

/** Redeems a code for whoever comes first. The record stays, so that a replay is noticed while its tokens may live. */
function consumption(
  { value, version }: Entry<AuthorizationCodeRecord>,
  digest: string,
  now: number,
  accessTokenLifetime: number,
): Required<Pick<Commit, 'partition' | 'guards' | 'writes'>> {
  const key = codeKey(value.grantId, digest)
  const expiresAt = now + Math.min(Math.max(accessTokenLifetime, REMEMBERED_FOR), REMEMBERED_AT_MOST)
  return {
    partition: key.partition,
    guards: [{ key, version }],
    writes: [{ op: 'put', key, value: { ...value, redeemedAt: now }, expiresAt }],
  }
}

/** One answer for all: unknown, expired, used, another client's, or a wrong verifier. */
const invalidCode = (): OAuthError =>
  new OAuthError('invalid_grant', 'The code is invalid, expired or used, or was issued for another request.')

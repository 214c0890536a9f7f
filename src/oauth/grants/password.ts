import type { IssuerScheme } from '../../api/api.ts'
import { callerNetwork } from '../../outbound/caller-network.ts'
import { OAuthError } from '../errors.ts'
import { tooManyFailures } from '../failure-limit.ts'
import { askPasswordVerifier, type VerifiedUser } from '../passwords/password-verifier.ts'
import { registeredUser } from '../passwords/users.ts'
import type { UserRecord } from '../records/user.ts'
import { parseScope, resolveScope, someOf } from '../scope.ts'
import type { OAuthServices } from '../services.ts'
import { newGrantId } from '../tokens/token-format.ts'
import { onBehalf, schemeForScope } from './client-credentials.ts'
import { authorized, type Grant, type GrantOutcome, type GrantRequest } from './grant.ts'

/** Whose password it is: a user of the gateway, or somebody whom the team's own service knows. */
interface PasswordOwner extends VerifiedUser {
  readonly registered?: UserRecord
}

/** RFC 6749 §4.3: the client knows the user's password. For legacy clients; RFC 9700 §2.4 advises against it. */
export const password: Grant = {
  grantType: 'password',
  parameters: ['username', 'password', 'scope', 'provision_key', 'authenticated_userid'],
  flow: 'password',
  publicClients: true,
  async authorize(request, services) {
    if (request.parameter('provision_key') !== undefined) return authenticatedElsewhere(request, services)
    const username = request.parameter('username')
    const secret = request.parameter('password')
    if (username === undefined) throw new OAuthError('invalid_request', 'The username is missing.')
    if (secret === undefined) throw new OAuthError('invalid_request', 'The password is missing.')
    const scheme = schemeForScope(request.schemes, request.parameter('scope'))
    resolveScope(request.parameter('scope'), scheme, request.client) // a bad request need not trouble the verifier
    const verified = await verifySlowly(username, secret, scheme, request, services)
    return authorized({
      api: request.api,
      scheme,
      client: request.client,
      subject: verified.user,
      scope: grantedScope(verified, scheme, request),
      grantType: 'password',
      metadata: verified.metadata ?? {},
      ...(verified.registered === undefined ? {} : { registered: verified.registered }),
      family: { kind: 'new', grantId: newGrantId(services.random) },
    })
  },
}

/** The API owner has checked the password itself, and says so by the provision key. */
function authenticatedElsewhere(request: GrantRequest, services: OAuthServices): GrantOutcome {
  const { subject, schemes } = onBehalf(request, 'provision.password', services)
  const requested = request.parameter('scope')
  const scheme = schemeForScope(schemes, requested)
  return authorized({
    api: request.api,
    scheme,
    client: request.client,
    subject,
    scope: resolveScope(requested, scheme, request.client),
    grantType: 'password',
    metadata: {},
    family: { kind: 'new', grantId: newGrantId(services.random) },
  })
}

/** §4.3.2: guessing is slowed down for the one who guesses: this client, from this address, for this user. */
async function verifySlowly(
  username: string,
  secret: string,
  scheme: IssuerScheme,
  request: GrantRequest,
  services: OAuthServices,
): Promise<PasswordOwner> {
  const { failures } = services
  const key = ['user', callerNetwork(request.address), request.client.clientId, request.api.id, username]
  const wait = failures.wait(...key)
  if (wait > 0) throw tooManyFailures(wait)
  const verified = await verify(username, secret, scheme, request, services)
  if (!verified) {
    failures.failed(...key)
    throw new OAuthError('invalid_grant', 'The user name or the password is wrong.')
  }
  failures.succeeded(...key)
  return verified
}

async function verify(
  username: string,
  secret: string,
  scheme: IssuerScheme,
  { client, parameter }: GrantRequest,
  services: OAuthServices,
): Promise<PasswordOwner | undefined> {
  const { passwordVerifier } = scheme.settings
  if (!passwordVerifier) {
    const registered = await registeredUser(username, secret, services)
    return registered && { user: username, registered }
  }
  const scope = parameter('scope')
  const question = {
    username,
    password: secret,
    client_id: client.clientId,
    ...(scope === undefined ? {} : { scope }),
  }
  return askPasswordVerifier(passwordVerifier, question, services)
}

/** What was asked for, as far as the verifier allows it; what the verifier says when nothing was asked for. Throws `invalid_scope`. */
function grantedScope(verified: VerifiedUser, scheme: IssuerScheme, { client, parameter }: GrantRequest) {
  const requested = parameter('scope')
  const asked = resolveScope(requested, scheme, client)
  if (verified.scope === undefined) return asked
  const said = verified.scope.split(' ').filter((scope) => scope !== '')
  if (requested !== undefined && parseScope(requested).length > 0) {
    return someOf(
      asked.filter((scope) => said.includes(scope)),
      asked,
    )
  }
  return said.filter((scope) => scheme.scopes.has(scope) && (client.scopes?.includes(scope) ?? true))
}

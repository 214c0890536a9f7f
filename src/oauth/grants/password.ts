import type { IssuerScheme } from '../../api/api.ts'
import { OAuthError } from '../errors.ts'
import { askPasswordVerifier, type VerifiedUser } from '../passwords/password-verifier.ts'
import { registeredUsers } from '../passwords/users.ts'
import { parseScope, resolveScope } from '../scope.ts'
import type { OAuthServices } from '../services.ts'
import { newGrantId } from '../tokens/token-format.ts'
import { schemeForScope } from './client-credentials.ts'
import { authorized, type Grant, type GrantRequest } from './grant.ts'

/** RFC 6749 §4.3: the client knows the user's password. For legacy clients; RFC 9700 §2.4 advises against it. */
export const password: Grant = {
  grantType: 'password',
  parameters: ['username', 'password', 'scope'],
  flow: 'password',
  publicClients: true,
  async authorize(request, services) {
    const username = request.parameter('username')
    const secret = request.parameter('password')
    if (username === undefined) throw new OAuthError('invalid_request', 'The username is missing.')
    if (secret === undefined) throw new OAuthError('invalid_request', 'The password is missing.')
    const scheme = schemeForScope(request.schemes, request.parameter('scope'))
    resolveScope(request.parameter('scope'), scheme, request.client) // a bad request need not trouble the verifier
    const verified = await verify(username, secret, scheme, request, services)
    if (!verified) throw new OAuthError('invalid_grant', 'The user name or the password is wrong.')
    return authorized({
      api: request.api,
      scheme,
      client: request.client,
      subject: verified.user,
      scope: grantedScope(verified, scheme, request),
      grantType: 'password',
      metadata: verified.metadata ?? {},
      family: { kind: 'new', grantId: newGrantId(services.random) },
    })
  },
}

async function verify(
  username: string,
  secret: string,
  scheme: IssuerScheme,
  { client, parameter }: GrantRequest,
  services: OAuthServices,
): Promise<VerifiedUser | undefined> {
  const { passwordVerifier } = scheme.settings
  if (!passwordVerifier) {
    const right = await registeredUsers(services.store, services.passwords)(username, secret)
    return right ? { user: username } : undefined
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

/** What was asked for, as far as the verifier allows it; what the verifier says when nothing was asked for. */
function grantedScope(verified: VerifiedUser, scheme: IssuerScheme, { client, parameter }: GrantRequest) {
  const requested = parameter('scope')
  const asked = resolveScope(requested, scheme, client)
  if (verified.scope === undefined) return asked
  const said = verified.scope.split(' ').filter((scope) => scope !== '')
  if (requested !== undefined && parseScope(requested).length > 0) return asked.filter((scope) => said.includes(scope))
  return said.filter((scope) => scheme.scopes.has(scope) && (client.scopes?.includes(scope) ?? true))
}

import { Problem } from '../../core/problem.ts'
import { clientSecretDigest, newClientSecret } from '../../oauth/client-auth/client-secret.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { amend } from '../amend.ts'
import { putClient } from '../clients/client-commit.ts'
import { clientView } from '../clients/client-view.ts'
import { findClient, noSuchClient } from '../clients/find-client.ts'
import { rotated, rotationBody } from '../http/grace.ts'
import { checked, readBody } from '../http/read-body.ts'
import { refuseDeclared } from './clients.ts'

/** New secrets for clients. */
export function clientRotationRoutes(deps: AdminDeps): readonly AdminRoute[] {
  const path = '/api/apis/oauth/:apiId/:clientId/rotate'
  return [{ method: 'POST', path, action: 'client.rotate', handle: (request) => rotateSecret(request, deps) }]
}

/** The new secret is shown this once; the old one works through the grace. Tokens are not touched. */
async function rotateSecret({ params, body }: AdminRequest, { services }: AdminDeps): Promise<AdminAnswer> {
  const { store, clock, random, passwords, announcer } = services
  const { key, value } = await findClient(store, params['clientId'], params['apiId'])
  refuseDeclared(value)
  if (value.type === 'public') throw new Problem(409, 'public_client', 'A public client has no secret.')
  if (value.authMethod === 'private_key_jwt') {
    throw new Problem(409, 'client_with_keys', 'This client has keys and no secret: PUT its jwks.')
  }
  const { grace } = checked(rotationBody, readBody(body))
  const secret = newClientSecret(random)
  const digest = await clientSecretDigest(secret, passwords)
  const now = clock.now()
  const client = await amend(store, key, noSuchClient, ({ value: before }) => {
    const secrets = rotated({ digest, createdAt: now }, before.secrets, grace, now)
    const after = { ...before, secrets, updatedAt: now }
    return { commit: putClient(after, before, 'oauth.client.rotated', announcer, now), result: after }
  })
  announcer.wake()
  return {
    status: 200,
    body: { ...clientView(client, now), client_secret: secret },
    audit: { client: client.clientId, grace },
  }
}

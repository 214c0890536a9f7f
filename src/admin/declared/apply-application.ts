import { clientSecretDigest } from '../../oauth/client-auth/client-secret.ts'
import { type ClientRecord, clientKey } from '../../oauth/records/client.ts'
import { revokeIssued } from '../../oauth/revocation/revoke-issued.ts'
import type { OAuthServices } from '../../oauth/services.ts'
import { putClient } from '../clients/client-commit.ts'
import { issuingApis } from '../consumers/put-application.ts'
import type { Library } from '../library.ts'
import { type ApplyDeps, DECLARED_INDEX } from './apply-deps.ts'
import type { DeclaredApplication } from './consumers-file.ts'

/** `same`: it was so already. `taken`: its client id belongs to a client that was registered in another way. */
export async function applyApplication(
  declared: DeclaredApplication,
  consumerId: string,
  { services, library }: ApplyDeps,
): Promise<'same' | 'put' | 'taken'> {
  const { store, clock, announcer } = services
  const key = clientKey(declared.client_id)
  for (;;) {
    const [entry] = await store.get([key])
    const before = entry?.value
    if (before && before.declared === undefined) return 'taken'
    const apis = declared.apis ?? apisNow(before, library)
    const print = fingerprint(declared, consumerId, apis, services)
    if (before?.declared === print) return 'same'
    const after = await recordOf(declared, { consumerId, apis, print, before }, services)
    const type = before ? 'oauth.client.updated' : 'oauth.client.created'
    const change = putClient(after, before, type, announcer, clock.now())
    const member = {
      op: 'index',
      index: DECLARED_INDEX,
      member: `client:${after.clientId}`,
      sort: after.createdAt,
    } as const
    const guards = [{ key, version: entry?.version ?? 0 }]
    const outcome = await store.commit({
      ...change,
      partition: key.partition,
      guards,
      writes: [...change.writes, member],
    })
    if (!outcome.ok) continue // another gateway reads the same file
    const lost = (before?.apis ?? []).filter((api) => !apis.includes(api))
    await revokeIssued({ clientId: after.clientId, apis: lost, until: after.updatedAt }, services)
    announcer.wake()
    return 'put'
  }
}

/**
 * Every API that issues tokens. While a document is down here, another gateway may still serve what it says: until it is up
 * again, nothing is taken away that the client had.
 */
function apisNow(before: ClientRecord | undefined, library: Library): readonly string[] {
  const issuing = issuingApis(library)
  if (!before || library.list().every(({ state }) => state !== 'down')) return issuing
  return [...new Set([...before.apis, ...issuing])].sort()
}

interface Place {
  readonly consumerId: string
  readonly apis: readonly string[]
  readonly print: string
  readonly before: ClientRecord | undefined
}

/** Under a key of this gateway: nobody who reads it can try secrets. */
function fingerprint(
  declared: DeclaredApplication,
  consumerId: string,
  apis: readonly string[],
  { vault }: OAuthServices,
): string {
  const secrets = secretsOf(declared)
  return vault
    .mac('declared', JSON.stringify([{ ...declared, client_secret: secrets, apis }, consumerId]))
    .toString('base64url')
}

const secretsOf = ({ client_secret }: DeclaredApplication): string[] =>
  client_secret === undefined ? [] : [client_secret].flat().map((secret) => secret.reveal())

async function recordOf(
  declared: DeclaredApplication,
  { consumerId, apis, print, before }: Place,
  { clock, passwords }: OAuthServices,
): Promise<ClientRecord> {
  const now = clock.now()
  // What was issued to a client of another type was given to what it is no longer.
  const same = before?.type === declared.client_type ? before : undefined
  const digests = await Promise.all(secretsOf(declared).map((secret) => clientSecretDigest(secret, passwords)))
  return {
    clientId: declared.client_id,
    type: declared.client_type,
    secrets: digests.map((digest) => ({ digest, createdAt: now })),
    name: declared.name,
    consumerId,
    tags: declared.tags,
    declared: print,
    redirectUris: declared.redirect_uris,
    apis,
    ...(declared.grant_types === undefined ? {} : { grantTypes: declared.grant_types }),
    ...(declared.scopes === undefined ? {} : { scopes: declared.scopes }),
    policies: declared.policies,
    metadata: declared.meta_data,
    createdAt: same?.createdAt ?? now,
    updatedAt: now,
    ...(same?.notBefore === undefined ? {} : { notBefore: same.notBefore }),
  }
}

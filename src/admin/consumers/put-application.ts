import { Problem } from '../../core/problem.ts'
import { clientSecretDigest, newClientSecret } from '../../oauth/client-auth/client-secret.ts'
import { type ClientRecord, type ClientSecret, clientKey } from '../../oauth/records/client.ts'
import { revokeIssued } from '../../oauth/revocation/revoke-issued.ts'
import type { OAuthServices } from '../../oauth/services.ts'
import type { Entry, Store } from '../../store/store.ts'
import type { AdminDeps } from '../admin-deps.ts'
import { queueFull } from '../amend.ts'
import { putClient } from '../clients/client-commit.ts'
import { missingPolicies } from '../clients/known-policies.ts'
import type { ApplicationBody } from './application-body.ts'
import { declaredElsewhere, schemaViolation, uniqueViolation } from './field-problem.ts'

/** What an application is to be, and in whose place. */
export interface ApplicationWish {
  readonly clientId: string
  readonly consumerId: string | undefined
  readonly body: ApplicationBody
  readonly before: Entry<ClientRecord> | undefined
}

export interface PutApplication {
  readonly client: ClientRecord
  /** The secret that it has from now on; absent when that has not changed. */
  readonly secret?: string
}

type Deps = Pick<AdminDeps, 'library' | 'services'>

/**
 * Registers an application, or changes one in place: its tokens and, unless the body names a new one, its secret stay.
 * Throws 400 for an API or policy that is new to it and does not exist, and for another client type, 409 when the client id
 * is taken.
 */
export async function putApplication(wish: ApplicationWish, { library, services }: Deps): Promise<PutApplication> {
  const { clientId, body, before } = wish
  const { store, clock, announcer } = services
  const old = before?.value
  refuseOtherIdentity(body, old)
  await refuseUnknownPolicies(body, old, store)
  const secret = await secretOf(body, old, services)
  const client = recordOf(wish, secret.secrets, apisOf(body, old, library), clock.now())
  const change = putClient(
    client,
    old,
    old ? 'oauth.client.updated' : 'oauth.client.created',
    announcer,
    client.updatedAt,
  )
  const key = clientKey(clientId)
  const guards = [{ key, version: before?.version ?? 0 }]
  const outcome = await store.commit({ ...change, partition: key.partition, guards })
  if (!outcome.ok && outcome.reason !== 'conflict') throw queueFull()
  if (!outcome.ok)
    throw before ? new Problem(409, 'busy', 'Others are changing this at the same time.') : taken(clientId)
  const lost = (old?.apis ?? []).filter((api) => !client.apis.includes(api))
  await revokeIssued({ clientId, apis: lost, until: client.updatedAt }, services)
  announcer.wake()
  return { client, ...(secret.shown === undefined ? {} : { secret: secret.shown }) }
}

export const taken = (clientId: string): Problem => uniqueViolation('client_id', clientId)

/** What a client is cannot be changed, only what it may do: its tokens and secrets were given to what it is. */
function refuseOtherIdentity(body: ApplicationBody, before: ClientRecord | undefined): void {
  if (before?.declared !== undefined) throw declaredElsewhere('application')
  if (!before) return
  const type = body.client_type ?? 'confidential'
  if (type !== before.type) throw schemaViolation({ client_type: 'cannot be changed; register a new application' })
  if (before.authMethod === 'private_key_jwt' && body.client_secret !== undefined)
    throw schemaViolation({ client_secret: 'this application authenticates by its keys' })
  if (body.client_id !== undefined && body.client_id !== before.clientId)
    throw schemaViolation({ client_id: 'cannot be changed; register a new application' })
}

async function secretOf(
  body: ApplicationBody,
  before: ClientRecord | undefined,
  { random, passwords, clock }: OAuthServices,
): Promise<{ readonly secrets: readonly ClientSecret[]; readonly shown?: string }> {
  if (body.client_type === 'public') return { secrets: [] }
  if (before && body.client_secret === undefined) return { secrets: before.secrets }
  const secret = body.client_secret ?? newClientSecret(random)
  return { secrets: [{ digest: await clientSecretDigest(secret, passwords), createdAt: clock.now() }], shown: secret }
}

function recordOf(
  { clientId, consumerId, body, before }: ApplicationWish,
  secrets: readonly ClientSecret[],
  apis: readonly string[],
  now: number,
): ClientRecord {
  return {
    ...(before ? kept(before.value) : { type: body.client_type ?? 'confidential', createdAt: now }),
    clientId,
    secrets,
    name: body.name,
    ...(consumerId === undefined ? {} : { consumerId }),
    tags: [...new Set(body.tags)],
    redirectUris: [...new Set(body.redirect_uris)],
    apis,
    ...(body.grant_types === undefined ? {} : { grantTypes: body.grant_types }),
    ...(body.scopes === undefined ? {} : { scopes: body.scopes }),
    policies: [...new Set(body.policies)],
    metadata: body.meta_data,
    updatedAt: now,
  }
}

/** What a client is, and what the other calls say of it. */
function kept(before: ClientRecord) {
  const { type, createdAt, notBefore, lifetimes, authMethod, jwks, jwksUri } = before
  return {
    type,
    createdAt,
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(lifetimes === undefined ? {} : { lifetimes }),
    ...(authMethod === undefined ? {} : { authMethod }),
    ...(jwks === undefined ? {} : { jwks }),
    ...(jwksUri === undefined ? {} : { jwksUri }),
  }
}

/** One that does not exist would close the application. What it has already stays, wherever that has gone. */
async function refuseUnknownPolicies(
  { policies = [] }: ApplicationBody,
  before: ClientRecord | undefined,
  store: Store,
): Promise<void> {
  const missing = await missingPolicies(
    policies.filter((id) => !before?.policies.includes(id)),
    store,
  )
  const faults = policies.map((id) => (missing.has(id) ? 'there is no such policy' : null))
  if (missing.size > 0) throw schemaViolation({ policies: faults })
}

/** The APIs that the body names; else those it had; else every one that issues tokens now. */
function apisOf(
  body: ApplicationBody,
  before: ClientRecord | undefined,
  library: AdminDeps['library'],
): readonly string[] {
  if (body.apis === undefined) return before?.apis ?? issuingApis(library)
  const unknown = (api: string): boolean => !before?.apis.includes(api) && !library.find(api)
  const faults = body.apis.map((api) => (unknown(api) ? 'there is no such API' : null))
  if (faults.some((fault) => fault !== null)) throw schemaViolation({ apis: faults })
  return [...new Set(body.apis)]
}

export function issuingApis(library: AdminDeps['library']): readonly string[] {
  return library
    .list()
    .filter(({ api }) => [...(api?.securitySchemes.values() ?? [])].some(({ kind }) => kind === 'issuer'))
    .map(({ id }) => id)
}

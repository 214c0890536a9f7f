import { applicationId, type ClientRecord } from '../../oauth/records/client.ts'
import { epochSeconds } from './consumer-view.ts'

/** A client as an application of a consumer: everything but its secrets, of which there are only digests. */
export function applicationView(client: ClientRecord) {
  return {
    id: applicationId(client.clientId),
    name: client.name ?? client.clientId,
    consumer: client.consumerId === undefined ? null : { id: client.consumerId },
    client_id: client.clientId,
    client_type: client.type,
    hash_secret: true,
    redirect_uris: client.redirectUris.length === 0 ? null : client.redirectUris,
    tags: client.tags === undefined || client.tags.length === 0 ? null : client.tags,
    apis: client.apis,
    scopes: client.scopes ?? null,
    grant_types: client.grantTypes ?? null,
    policies: client.policies,
    meta_data: client.metadata,
    created_at: epochSeconds(client.createdAt),
    updated_at: epochSeconds(client.updatedAt),
  }
}

/** What a body would say to leave the application as it is; its secret stays when none is named. */
export function applicationInput(client: ClientRecord): Readonly<Record<string, unknown>> {
  const { id: _, created_at: __, updated_at: ___, ...view } = applicationView(client)
  return view
}

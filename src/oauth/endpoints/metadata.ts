import type { Api, IssuerScheme } from '../../api/api.ts'
import type { OAuthRequest, OAuthResponse } from '../http.ts'
import { isTokenScheme, resourceMetadata } from '../metadata/resource-metadata.ts'
import { serverMetadata } from '../metadata/server-metadata.ts'

/**
 * The documents by which clients discover an API's authorization server (RFC 8414) and the API as a protected resource
 * (RFC 9728), by path from the root of the host. Made once when the API is mounted; each is found by one look-up.
 */
export function metadataDocuments(api: Api): ReadonlyMap<string, OAuthResponse> {
  const schemes = issuerSchemes(api)
  const tokenSchemes = [...api.securitySchemes.values()].filter(isTokenScheme)
  const documents = new Map<string, OAuthResponse>()
  if (schemes.length > 0) {
    const server = publicDocument(serverMetadata(api, schemes))
    for (const path of serverMetadataPaths(api)) {
      documents.set(path, server)
      documents.set(`${path}/`, server)
    }
  }
  if (tokenSchemes.length === 0) return documents
  for (const path of resourceMetadataPaths(api)) {
    // RFC 9728 §3.3: `resource` is the URL that the client started from, slash or no slash.
    documents.set(path, publicDocument(resourceMetadata(api, tokenSchemes, api.issuer)))
    documents.set(`${path}/`, publicDocument(resourceMetadata(api, tokenSchemes, `${api.issuer}/`)))
  }
  return documents
}

/** The URL of the protected-resource metadata, for `resource_metadata` in challenges (RFC 9728 §5.1). */
export function resourceMetadataUrl(api: Pick<Api, 'issuer'>): string {
  const issuer = new URL(api.issuer)
  return `${issuer.origin}/.well-known/oauth-protected-resource${pathOf(issuer)}`
}

/** Answers a request for one of the documents; browsers may read them from anywhere. */
export function answerMetadata(request: Pick<OAuthRequest, 'method'>, found: OAuthResponse): OAuthResponse {
  if (request.method === 'GET' || request.method === 'HEAD') return found
  if (request.method === 'OPTIONS') return { status: 204, headers: PREFLIGHT }
  return { status: 405, headers: { ...CORS, allow: 'GET, HEAD, OPTIONS' } }
}

const CORS = { 'access-control-allow-origin': '*' } as const
const PREFLIGHT = {
  ...CORS,
  'access-control-allow-methods': 'GET, HEAD',
  'access-control-allow-headers': '*',
  'access-control-max-age': '86400',
} as const

/** JSON that anybody may read, and keep for a minute. */
export function publicDocument(content: Readonly<Record<string, unknown>>): OAuthResponse {
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'public, max-age=60',
      'x-content-type-options': 'nosniff',
      ...CORS,
    },
    body: JSON.stringify(content),
  }
}

const issuerSchemes = (api: Api): readonly IssuerScheme[] =>
  [...api.securitySchemes.values()].filter((scheme) => scheme.kind === 'issuer')

/** Without trailing slash. */
const pathOf = (issuer: URL): string => issuer.pathname.replace(/\/$/, '')

/** RFC 8414 §3.1 and §5: inserted before the path, also under the OpenID name, and appended to it. */
function serverMetadataPaths(api: Api): ReadonlySet<string> {
  const path = pathOf(new URL(api.issuer))
  // Behind a proxy that removes a prefix of the public URL, the listen path is what arrives here.
  return new Set(
    [path, api.listenPath].flatMap((suffix) => [
      `/.well-known/oauth-authorization-server${suffix}`,
      `/.well-known/openid-configuration${suffix}`,
      `${suffix}/.well-known/openid-configuration`,
      `${suffix}/.well-known/oauth-authorization-server`,
    ]),
  )
}

function resourceMetadataPaths(api: Api): ReadonlySet<string> {
  const path = pathOf(new URL(api.issuer))
  return new Set(
    [path, api.listenPath].flatMap((suffix) => [
      `/.well-known/oauth-protected-resource${suffix}`,
      `${suffix}/.well-known/oauth-protected-resource`,
    ]),
  )
}

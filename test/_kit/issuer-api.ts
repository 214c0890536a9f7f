import type { Api, ExtraEndpoint, IssuerScheme, OAuthEndpoint, SecurityScheme } from '../../src/api/api.ts'
import { oauthSchemeSettings } from '../../src/api/settings/oauth-scheme.ts'
import { upstreamSettings } from '../../src/api/settings/upstream.ts'
import type { ClientRecord } from '../../src/oauth/records/client.ts'
import { clientKey } from '../../src/oauth/records/client.ts'
import type { Store } from '../../src/store/store.ts'

/** What a test wants of an issuer scheme; the rest is as the simplest document would have it. */
export interface SchemeWish {
  readonly name?: string
  readonly settings?: Readonly<Record<string, unknown>>
  readonly flows?: IssuerScheme['flows']
  readonly scopes?: readonly string[]
}

/** Code flow at `/oauth/authorize` and `/oauth/token`, scopes `read` and `write`, a login page. */
export function issuerScheme(wish: SchemeWish = {}): IssuerScheme {
  return {
    kind: 'issuer',
    name: wish.name ?? 'oauth',
    settings: oauthSchemeSettings.parse({
      enabled: true,
      authLoginRedirect: 'http://login.test/sign-in',
      scopes: { default: ['read'] },
      ...wish.settings,
    }),
    sources: { header: { enabled: true, name: 'Authorization' } },
    flows: wish.flows ?? { authorizationCode: { authorizationPath: '/oauth/authorize', tokenPath: '/oauth/token' } },
    scopes: new Map((wish.scopes ?? ['read', 'write']).map((scope) => [scope, `may ${scope}`])),
  }
}

/** An API at `/pets` as the compiler would make it, with these schemes. */
export function issuerApi(schemes: readonly SecurityScheme[] = [issuerScheme()], changes: Partial<Api> = {}): Api {
  return {
    id: 'pets',
    name: 'Pets & more',
    active: true,
    revision: 'r1',
    file: 'pets.yaml',
    listenPath: '/pets',
    stripListenPath: true,
    hosts: [],
    issuer: 'http://gateway.test/pets',
    authentication: { enabled: true, strip: false },
    securitySchemes: new Map(schemes.map((scheme) => [scheme.name, scheme])),
    endpoints: endpointsOf(schemes),
    routes: { match: () => ({ kind: 'notFound' }), operations: [] },
    upstream: { ...upstreamSettings.parse({}), url: 'http://127.0.0.1:1' },
    ...changes,
  }
}

function endpointsOf(schemes: readonly SecurityScheme[]): ReadonlyMap<string, OAuthEndpoint> {
  const endpoints = new Map<string, OAuthEndpoint>()
  const add = (path: string | undefined, role: 'authorize' | 'token' | 'refresh', name: string): void => {
    if (path === undefined) return
    const endpoint = endpoints.get(path) ?? { path, authorize: [], token: [], refresh: [] }
    if (!endpoint[role].includes(name)) endpoints.set(path, { ...endpoint, [role]: [...endpoint[role], name] })
  }
  for (const scheme of schemes) {
    if (scheme.kind !== 'issuer') continue
    for (const flow of Object.values(scheme.flows)) {
      add(flow.authorizationPath, 'authorize', scheme.name)
      add(flow.tokenPath, 'token', scheme.name)
      add(flow.refreshPath ?? flow.tokenPath, 'refresh', scheme.name)
      const isJwt = scheme.settings.accessTokenFormat === 'jwt'
      const extras: ExtraEndpoint[] = ['revoke', 'introspect', ...(isJwt ? (['jwks'] as const) : [])]
      for (const extra of flow.tokenPath === undefined ? [] : extras) {
        const path = flow.tokenPath?.replace(/[^/]*$/, extra) ?? ''
        endpoints.set(path, { path, authorize: [], token: [], refresh: [], extra })
      }
    }
  }
  return endpoints
}

/** A registered confidential client with one redirect URI, put into the store. */
export async function registeredClient(store: Store, changes: Partial<ClientRecord> = {}): Promise<ClientRecord> {
  const client: ClientRecord = {
    clientId: 'app',
    type: 'confidential',
    secrets: [],
    redirectUris: ['https://app.test/cb'],
    apis: ['pets'],
    policies: [],
    metadata: {},
    createdAt: 0,
    updatedAt: 0,
    ...changes,
  }
  const key = clientKey(client.clientId)
  await store.commit({ partition: key.partition, writes: [{ op: 'put', key, value: client }] })
  return client
}

import { generateKeyPairSync } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'

export interface OidcServer {
  /** Its issuer, without trailing slash. */
  readonly issuer: string
  readonly tokenUrl: string
  readonly introspectionUrl: string
  /** Requests by path. */
  readonly requests: readonly string[]
  /** A token for the client `app`: a JWT for the audience `https://api.test`, or else an opaque one. */
  token(wish?: { readonly scope?: string; readonly jwt?: boolean }): Promise<string>
  close(): void
}

export const OIDC_CLIENT = { clientId: 'app', clientSecret: 'the-secret-of-app-at-the-foreign-server' } as const
export const OIDC_AUDIENCE = 'https://api.test'

/** `oidc-provider`, an authorization server of others, that issues tokens by client credentials and answers introspection. */
export async function startOidcServer(): Promise<OidcServer> {
  const requests: string[] = []
  let serve: RequestListener = (_, response) => response.writeHead(503).end()
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    serve(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  serve = new Provider(issuer, configuration()).callback()
  return {
    issuer,
    tokenUrl: `${issuer}/token`,
    introspectionUrl: `${issuer}/token/introspection`,
    requests,
    async token({ scope = 'read', jwt = true } = {}) {
      const { clientId, clientSecret } = OIDC_CLIENT
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          scope,
          ...(jwt ? { resource: OIDC_AUDIENCE } : {}),
        }),
      })
      const body = (await response.json()) as { readonly access_token?: string }
      if (body.access_token === undefined) throw new Error(JSON.stringify(body))
      return body.access_token
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function configuration(): object {
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
  const audience = {
    scope: 'read write',
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
    audience: OIDC_AUDIENCE,
  }
  return {
    jwks: { keys: [{ ...key, kid: 'r1', use: 'sig', alg: 'RS256' }] },
    clients: [
      {
        client_id: OIDC_CLIENT.clientId,
        client_secret: OIDC_CLIENT.clientSecret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_basic',
        scope: 'read write',
      },
    ],
    scopes: ['read', 'write'],
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => audience,
        useGrantedResource: () => true,
      },
    },
  }
}

import { join } from 'node:path'
import { basic, registerAgent } from '../_kit/agent.ts'
import { type ServerProcess, startNode } from './server-process.ts'

/** An authorization server that knows a client. */
export interface Issuer {
  readonly server: ServerProcess
  readonly tokenUrl: string
  readonly introspectUrl: string
  /** Of the client: `Authorization`, and what a form has for a type. */
  readonly headers: Readonly<Record<string, string>>
}

/** Starts oidc-provider and Gatehouse, in this order; both run until they are stopped. */
export async function startIssuers(folder: string): Promise<readonly [Issuer, Issuer]> {
  const peers = join(import.meta.dirname, 'peers')
  const gatehouse = await startNode('Gatehouse', join(peers, 'gatehouse.ts'), [folder, 'http://127.0.0.1:9'])
  const provider = await startNode('oidc-provider', join(peers, 'oidc-provider.ts'))
  const { adminUrl = '', adminSecret = '' } = gatehouse.facts
  const api = { url: `${gatehouse.url}/stepon`, adminUrl, adminSecret, apiId: 'step-on' }
  const { client } = await registerAgent(api)
  const issuer = (server: ServerProcess, tokenUrl: string, introspectUrl: string, id: string, secret: string) => ({
    server,
    tokenUrl,
    introspectUrl,
    headers: { authorization: basic(id, secret), 'content-type': 'application/x-www-form-urlencoded' },
  })
  const { url } = provider
  return [
    issuer(provider, `${url}/token`, `${url}/token/introspection`, 'bench', 'bench-secret-of-some-length-0123456789'),
    issuer(
      gatehouse,
      `${api.url}/oauth/token`,
      `${api.url}/oauth/introspect`,
      client.clientId,
      client.clientSecret ?? '',
    ),
  ]
}

import { jsonObject } from '../body.ts'

/** What the identity server asks of the gateway, on its admin address. */
export interface Gateway {
  /** Undefined when there is no such client. */
  client(clientId: string): Promise<ClientApplication | undefined>
  /** Tells the user's decision; where the browser has to go, or undefined when the challenge is unknown or has expired. */
  decide(decision: Decision): Promise<string | undefined>
}

export interface ClientApplication {
  readonly name: string
  readonly redirectUris: readonly string[]
}

export interface Decision {
  readonly login_challenge: string
  readonly user: string
  readonly scope?: string
  readonly decision: 'accept' | 'deny'
}

export interface GatewayAddress {
  readonly adminUrl: string
  readonly adminSecret: string
  readonly apiId: string
}

/** Throws when the gateway cannot be reached or does not accept the secret. */
export function gatewayAt(address: GatewayAddress): Gateway {
  const ask = async (path: string, form?: URLSearchParams): Promise<Readonly<Record<string, unknown>> | undefined> => {
    const { adminUrl, adminSecret, apiId } = address // read at each call: the gateway may be started later
    const response = await fetch(`${adminUrl}/api/apis/oauth/${encodeURIComponent(apiId)}${path}`, {
      method: form ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${adminSecret}`, accept: 'application/json' },
      body: form ?? null,
      signal: AbortSignal.timeout(5000),
    })
    const text = await response.text()
    if (response.ok) return jsonObject(text)
    if (response.status === 401 || response.status >= 500) throw new Error(`the gateway answered ${response.status}`)
    return undefined
  }
  return {
    async client(clientId) {
      const client = await ask(`/${encodeURIComponent(clientId)}`)
      if (!client) return undefined
      const uris = client['redirect_uris']
      const name = client['name']
      return {
        name: typeof name === 'string' && name !== '' ? name : clientId,
        redirectUris: Array.isArray(uris) ? uris.filter((uri): uri is string => typeof uri === 'string') : [],
      }
    },
    async decide(decision) {
      const answer = await ask('/authorize-client', new URLSearchParams({ ...decision }))
      const target = answer?.['redirect_to']
      return typeof target === 'string' ? target : undefined
    },
  }
}

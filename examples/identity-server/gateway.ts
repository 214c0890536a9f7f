import { jsonObject } from '../body.ts'

/** What the identity server asks of the gateway, on its admin address. */
export interface Gateway {
  /** The request that waits under a challenge; undefined when there is none any more. */
  waiting(challenge: string): Promise<LoginRequest | undefined>
  /** Tells what the user decided; where the browser has to go, or undefined when the challenge is gone. */
  decide(decision: Decision): Promise<string | undefined>
}

/** A request as the gateway checked it. What stands in the browser's address bar is not to be believed. */
export interface LoginRequest {
  readonly clientName: string
  readonly redirectUri: string
  readonly scopes: readonly { readonly name: string; readonly description: string }[]
}

export interface Decision {
  readonly challenge: string
  readonly user: string
  readonly decision: 'accept' | 'deny'
}

export interface GatewayAddress {
  readonly adminUrl: string
  /** The admin secret or, better, a key of role `identity-server`, which can do nothing but this. */
  readonly adminSecret: string
  readonly apiId: string
}

/** Its calls throw when the gateway cannot be reached or does not accept the secret. */
export function gatewayAt(address: GatewayAddress): Gateway {
  const ask = async (query: string, form?: URLSearchParams): Promise<Readonly<Record<string, unknown>> | undefined> => {
    const { adminUrl, adminSecret, apiId } = address // read at each call: the gateway may be started later
    const url = `${adminUrl}/api/apis/oauth/${encodeURIComponent(apiId)}/authorize-client${query}`
    const response = await fetch(url, {
      method: form ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${adminSecret}`, accept: 'application/json' },
      body: form ?? null,
      signal: AbortSignal.timeout(5000),
    })
    const text = await response.text()
    if (response.ok) return jsonObject(text)
    if (response.status === 400) return undefined
    throw new Error(`the gateway answered ${response.status}`)
  }
  return {
    async waiting(challenge) {
      const answer = await ask(`?${new URLSearchParams({ login_challenge: challenge })}`)
      return answer && loginRequestOf(answer)
    },
    async decide({ challenge, user, decision }) {
      const answer = await ask('', new URLSearchParams({ login_challenge: challenge, user, decision }))
      return answer && textOf(answer['redirect_to'])
    },
  }
}

function loginRequestOf(answer: Readonly<Record<string, unknown>>): LoginRequest {
  const scopes = Array.isArray(answer['scopes']) ? (answer['scopes'] as Record<string, unknown>[]) : []
  return {
    clientName: textOf(answer['client_name']),
    redirectUri: textOf(answer['redirect_uri']),
    scopes: scopes.map(({ name, description }) => ({ name: textOf(name), description: textOf(description) })),
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

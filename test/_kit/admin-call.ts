import type { TestGateway } from './gateway.ts'

export interface CallAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

/** Calls the admin API of a gateway as its operator does. An object is sent as JSON, a text as YAML, unless a header says else. */
export async function adminCall(
  gateway: Pick<TestGateway, 'adminUrl' | 'adminSecret'>,
  method: string,
  path: string,
  body?: object | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<CallAnswer> {
  const type = typeof body === 'string' ? 'application/yaml' : 'application/json'
  const response = await fetch(gateway.adminUrl + path, {
    method,
    headers: {
      authorization: `Bearer ${gateway.adminSecret}`,
      ...(body === undefined ? {} : { 'content-type': type }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: jsonOf(text) }
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}

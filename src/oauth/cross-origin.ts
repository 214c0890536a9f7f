import type { Api } from '../api/api.ts'
import type { ClientDirectory } from './clients/client-directory.ts'
import type { OAuthRequest, OAuthResponse } from './http.ts'

/**
 * A browser asks before an application sends its form. Everyone may ask: no cookie is read here, and whether the
 * application may read the answer is decided with the answer.
 */
export const PREFLIGHT: OAuthResponse = {
  status: 204,
  headers: {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'content-type, authorization',
    'access-control-max-age': '3600',
  },
}

export const isPreflight = ({ method, headers }: OAuthRequest): boolean =>
  method === 'OPTIONS' && headers['origin'] !== undefined && headers['access-control-request-method'] !== undefined

/**
 * Lets an application in a browser read the answer if it is a public client of the API that runs where one of its
 * redirect URIs is. No other origin is ever named, `null` least of all.
 */
export async function readableFor(
  request: OAuthRequest,
  response: OAuthResponse,
  api: Api,
  clients: ClientDirectory,
): Promise<OAuthResponse> {
  const origin = request.headers['origin']
  const clientId = request.body?.get('client_id')
  if (origin === undefined || origin === 'null' || clientId === undefined) return response
  const client = await clients.find(clientId).catch(() => undefined) // without the store the answer is 503 anyway
  if (client?.type !== 'public' || !client.apis.includes(api.id)) return response
  if (!client.redirectUris.some((uri) => originOf(uri) === origin)) return response
  return { ...response, headers: { ...response.headers, 'access-control-allow-origin': origin, vary: 'Origin' } }
}

/** `null`, in any spelling, for an application that is no web page. */
const originOf = (uri: string): string => (URL.canParse(uri) ? new URL(uri).origin : 'null')

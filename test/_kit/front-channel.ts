import type { ExecutionContext } from 'ava'
import type { Api, SecurityScheme } from '../../src/api/api.ts'
import { pooledRandom } from '../../src/core/random.ts'
import { createClientDirectory } from '../../src/oauth/clients/client-directory.ts'
import { authorizeEndpoint } from '../../src/oauth/endpoints/authorize.ts'
import { type OAuthResponse, parseForm } from '../../src/oauth/http.ts'
import type { ClientRecord } from '../../src/oauth/records/client.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { handClock } from './clock.ts'
import { issuerApi, issuerScheme, registeredClient, type SchemeWish } from './issuer-api.ts'

export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' // RFC 7636 appendix B

/** An authorization request that nothing is wrong with. */
export const GOOD = {
  response_type: 'code',
  client_id: 'app',
  redirect_uri: 'https://app.test/cb',
  state: 'a b&c',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
}
export type Wish = Readonly<Record<string, string | undefined>>

/** The authorization endpoint of one API. */
export interface FrontChannel {
  readonly api: Api
  readonly store: Store
  /** Sends `GOOD` with these changes (undefined leaves one out), by GET unless said otherwise. */
  ask(changes?: Wish, more?: { readonly method?: string; readonly path?: string }): Promise<OAuthResponse>
  askRaw(query: string): Promise<OAuthResponse>
}

export async function frontChannel(
  t: ExecutionContext,
  wish: SchemeWish | readonly SecurityScheme[] = {},
  client: Partial<ClientRecord> = {},
  wrap: (store: Store) => Store = (store) => store,
): Promise<FrontChannel> {
  const clock = handClock()
  const store = openMemoryStore({ clock })
  await registeredClient(store, client)
  const seen = wrap(store)
  const clients = createClientDirectory({ store, clock })
  t.teardown(() => clients.close())
  const deps = { store: seen, clock, random: pooledRandom(), clients }
  const api = issuerApi('length' in wish ? wish : [issuerScheme(wish)])
  const send = (method: string, text: string, path: string) => {
    const inQuery = method !== 'POST'
    const request = {
      method,
      headers: {},
      query: parseForm(inQuery ? text : ''),
      body: inQuery ? undefined : parseForm(text),
      address: '127.0.0.1',
    }
    return authorizeEndpoint(request, api, path, deps)
  }
  return {
    api,
    store,
    askRaw: (query) => send('GET', query, '/oauth/authorize'),
    ask(changes = {}, { method = 'GET', path = '/oauth/authorize' } = {}) {
      const entries = Object.entries({ ...GOOD, ...changes }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      )
      return send(method, new URLSearchParams(entries).toString(), path)
    },
  }
}

/** Where the browser is sent. */
export function location(response: OAuthResponse): URL {
  return new URL(response.headers['location'] ?? '')
}

/** The error that went back to the client, properly. */
export function returned(
  t: ExecutionContext,
  response: OAuthResponse,
  place: 'query' | 'fragment' = 'query',
): string | null {
  t.is(response.status, 303)
  const url = location(response)
  t.is(url.origin + url.pathname, 'https://app.test/cb')
  const answer = new URLSearchParams(place === 'query' ? url.search : url.hash.slice(1))
  t.is(answer.get('state'), 'a b&c')
  t.is(answer.get('iss'), 'http://gateway.test/pets')
  t.is(place === 'query' ? url.hash : url.search, '')
  t.is(answer.get('code'), null)
  return answer.get('error')
}

/** An error page, which nothing can frame, keep or load from. */
export function isPage(t: ExecutionContext, response: OAuthResponse, message?: string): void {
  t.is(response.status, 400, message)
  t.is(response.headers['location'], undefined, message)
  t.is(response.headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'")
  t.is(response.headers['referrer-policy'], 'no-referrer')
  t.is(response.headers['cache-control'], 'no-store')
  t.regex(response.headers['content-type'] ?? '', /^text\/html/)
}

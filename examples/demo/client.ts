import { createHash, randomBytes } from 'node:crypto'
import type { Page } from './browser.ts'
import type { Reply, Stage } from './stage.ts'

/** The application of the demo: Shoe Fly Shoe, a shop that gives discounts to people who walk a lot. */
export interface Client {
  readonly id: string
  readonly secret: string
  readonly redirectUri: string
}

export const REDIRECT_URI = 'https://shoeflyshoe.example/callback'

export const basic = ({ id, secret }: Pick<Client, 'id' | 'secret'>): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`

/** Asks the token endpoint, or another one beside it, with the client's credentials. */
export function askToken(
  stage: Stage,
  client: Pick<Client, 'id' | 'secret'>,
  form: Record<string, string>,
  endpoint = 'token',
): Promise<Reply> {
  const headers = { authorization: basic(client) }
  return stage.say('POST', `${stage.api}/oauth/${endpoint}`, { headers, body: new URLSearchParams(form) })
}

export const callApi = (stage: Stage, path: string, token?: string): Promise<Reply> =>
  stage.say('GET', stage.api + path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })

/** RFC 7636: a secret for one authorization, of which only the hash travels through the browser. */
export interface Pkce {
  readonly verifier: string
  readonly challenge: string
}

export function newPkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** Opens the authorization endpoint in the browser; what the gateway answers. */
export function openAuthorization(
  stage: Stage,
  client: Client,
  pkce: Pkce,
  changes: Readonly<Record<string, string>> = {},
): Promise<Page> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.id,
    redirect_uri: client.redirectUri,
    scope: 'step_counts user_profile',
    state: randomBytes(9).toString('base64url'),
    code_challenge: pkce.challenge,
    code_challenge_method: 'S256',
    ...changes,
  })
  return stage.browser.open(`${stage.api}/oauth/authorize?${query}`)
}

/** The way through the identity server's pages; ends with the redirect back to the client. */
export async function signIn(stage: Stage, authorization: Page): Promise<Page> {
  let page = await stage.browser.open(authorization.location ?? '')
  if (page.body.includes('name="password"')) {
    const fields = { username: 'clark', password: 'clark-walks' }
    const signedIn = await stage.browser.submit(page, { fields })
    page = await stage.browser.open(signedIn.location ?? '')
  }
  return stage.browser.submit(page, { button: 'accept' })
}

/** Exchanges the code that came back with a redirect. */
export function redeem(stage: Stage, client: Client, redirect: Page, pkce: Pkce): Promise<Reply> {
  const code = new URL(redirect.location ?? 'about:blank').searchParams.get('code') ?? ''
  return askToken(stage, client, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: client.redirectUri,
    code_verifier: pkce.verifier,
  })
}

/** A member of an answer as text; empty when it is missing. */
export const textOf = (reply: Reply, member: string): string => {
  const value = reply.json[member]
  return typeof value === 'string' ? value : ''
}

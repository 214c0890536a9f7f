import { createHash, randomBytes } from 'node:crypto'
import { newBrowser, type Page } from '../../examples/demo/browser.ts'
import { decided } from './decided.ts'

/** Where an API of a gateway is, and how to administer it. */
export interface ApiUnderTest {
  /** Public URL with the listen path, without trailing slash. */
  readonly url: string
  readonly adminUrl: string
  readonly adminSecret: string
  readonly apiId: string
  /** Paths below the listen path; `/oauth/authorize` and so on unless said. */
  readonly paths?: { readonly authorize?: string; readonly token?: string; readonly refresh?: string }
}

export interface ClientCredentials {
  readonly clientId: string
  /** Absent for public clients. */
  readonly clientSecret?: string
  readonly redirectUri: string
}

/** An answer of the gateway. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; an empty object when it is not. */
  readonly json: Readonly<Record<string, unknown>>
}

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken?: string
  readonly scope?: string
  readonly expiresIn: number
}

export interface CodeRequest {
  readonly scope?: string
  readonly state?: string
  /** Further or replaced parameters; undefined removes one. */
  readonly parameters?: Readonly<Record<string, string | undefined>>
}

/** A started code flow: what the gateway said, and the verifier that belongs to it. */
export interface Authorization {
  readonly page: Page
  readonly verifier: string
  /** Present when the gateway sent the browser to the login page. */
  readonly challenge?: string
}

/** A client application that can do every flow over HTTP, and the operator and the browser it needs for that. */
export interface Agent {
  readonly api: ApiUnderTest
  readonly client: ClientCredentials
  /** GETs the authorization endpoint as a browser would, without following the redirect. */
  authorize(request?: CodeRequest): Promise<Authorization>
  /** What an identity server says to the admin API when a user has decided; the redirect back to the client. */
  decide(challenge: string, user: string, decision?: 'accept' | 'deny', scope?: string): Promise<URL>
  /** POSTs a form to the token endpoint, with the client's credentials in Basic. */
  token(form: Readonly<Record<string, string>>, options?: { readonly path?: string }): Promise<Answer>
  /** The whole code flow for a user, with PKCE. */
  signIn(user: string, request?: CodeRequest): Promise<Tokens>
  clientCredentials(scope?: string): Promise<Tokens>
  password(username: string, password: string, scope?: string): Promise<Answer>
  refresh(refreshToken: string, form?: Readonly<Record<string, string>>): Promise<Answer>
  /** Calls the API with a token. */
  call(path: string, token?: string, init?: RequestInit): Promise<Answer>
}

/** RFC 7636 §4: a fresh verifier and its S256 challenge. */
export function pkce(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** A call of the admin API; an object is sent as JSON, parameters as a form. */
export async function adminCall(
  api: Pick<ApiUnderTest, 'adminUrl' | 'adminSecret'>,
  method: string,
  path: string,
  body?: object,
): Promise<Answer> {
  const headers = new Headers({ authorization: api.adminSecret })
  if (body && !(body instanceof URLSearchParams)) headers.set('content-type', 'application/json')
  const payload = body instanceof URLSearchParams ? body : body && JSON.stringify(body)
  return answerOf(await fetch(api.adminUrl + path, { method, headers, body: payload ?? null }))
}

/** Registers a client application and returns its agent. */
export async function registerAgent(api: ApiUnderTest, registration: object = {}): Promise<Agent> {
  const body = { redirect_uris: ['https://shop.example/callback'], ...registration }
  const answer = await decided(() => adminCall(api, 'POST', `/api/apis/oauth/${api.apiId}`, body))
  if (answer.status !== 201) throw new Error(`registering a client was answered ${answer.status}: ${answer.text}`)
  const secret = answer.json['client_secret']
  return agentOf(api, {
    clientId: String(answer.json['client_id']),
    redirectUri: body.redirect_uris[0] ?? '',
    ...(typeof secret === 'string' && { clientSecret: secret }),
  })
}

/** Registers a resource owner with the gateway. */
export async function registerUser(
  api: Pick<ApiUnderTest, 'adminUrl' | 'adminSecret'>,
  user: { readonly username: string; readonly password: string },
): Promise<void> {
  const { status, text } = await decided(() => adminCall(api, 'POST', '/api/users', user))
  // 409: it was done by a call that came to 503 because the store was slow to say so.
  if (status !== 201 && status !== 409) throw new Error(`registering a user was answered ${status}: ${text}`)
}

export function agentOf(api: ApiUnderTest, client: ClientCredentials): Agent {
  const tokenPath = api.paths?.token ?? '/oauth/token'
  const refreshPath = api.paths?.refresh ?? tokenPath
  const token: Agent['token'] = (form, options = {}) => askForToken(api.url + (options.path ?? tokenPath), client, form)
  const authorize: Agent['authorize'] = (request = {}) => startCodeFlow(api, client, request)
  const decide: Agent['decide'] = (...decision) => decideAt(api, ...decision)
  return {
    api,
    client,
    authorize,
    decide,
    token,
    async signIn(user, request) {
      const { challenge, verifier, page } = await authorize(request)
      if (challenge === undefined) throw new Error(`no login page but ${page.status} ${page.location ?? page.body}`)
      const code = (await decide(challenge, user)).searchParams.get('code') ?? ''
      const redirect = { redirect_uri: client.redirectUri, code_verifier: verifier }
      return tokensOf(await token({ grant_type: 'authorization_code', code, ...redirect }))
    },
    clientCredentials: async (scope) =>
      tokensOf(await token({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) })),
    password: (username, password, scope) =>
      token({ grant_type: 'password', username, password, ...(scope !== undefined && { scope }) }),
    refresh: (refreshToken, form) =>
      token({ grant_type: 'refresh_token', refresh_token: refreshToken, ...form }, { path: refreshPath }),
    async call(path, accessToken, init = {}) {
      const headers = new Headers(init.headers)
      if (accessToken !== undefined) headers.set('authorization', `Bearer ${accessToken}`)
      return answerOf(await fetch(api.url + path, { ...init, headers, redirect: 'manual' }))
    },
  }
}

async function askForToken(url: string, client: ClientCredentials, form: Readonly<Record<string, string>>) {
  const headers = new Headers()
  const body = new URLSearchParams(form)
  if (client.clientSecret === undefined) body.set('client_id', client.clientId)
  else headers.set('authorization', basic(client.clientId, client.clientSecret))
  return answerOf(await fetch(url, { method: 'POST', headers, body }))
}

async function startCodeFlow(api: ApiUnderTest, client: ClientCredentials, request: CodeRequest) {
  const { verifier, challenge } = pkce()
  const url = new URL(api.url + (api.paths?.authorize ?? '/oauth/authorize'))
  const parameters = {
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    scope: request.scope,
    state: request.state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...request.parameters,
  }
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value)
  const page = await newBrowser().open(url.href)
  const login = page.location && new URL(page.location).searchParams.get('login_challenge')
  return { page, verifier, ...(login && { challenge: login }) }
}

async function decideAt(api: ApiUnderTest, challenge: string, user: string, decision = 'accept', scope?: string) {
  const form = new URLSearchParams({ login_challenge: challenge, user, decision })
  if (scope !== undefined) form.set('scope', scope)
  const answer = await adminCall(api, 'POST', `/api/apis/oauth/${api.apiId}/authorize-client`, form)
  const target = answer.json['redirect_to']
  if (answer.status !== 200 || typeof target !== 'string') throw new Error(`authorize-client: ${answer.text}`)
  return new URL(target)
}

/** The tokens in an answer; throws when it is not one of success. */
export function tokensOf(answer: Answer): Tokens {
  const { access_token, refresh_token, scope, expires_in } = answer.json
  if (answer.status !== 200 || typeof access_token !== 'string') {
    throw new Error(`no token but ${answer.status}: ${answer.text}`)
  }
  return {
    accessToken: access_token,
    expiresIn: Number(expires_in),
    ...(typeof refresh_token === 'string' && { refreshToken: refresh_token }),
    ...(typeof scope === 'string' && { scope }),
  }
}

/** RFC 6749 §2.3.1: both parts form-encoded. */
export const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`

/** Reads an answer to its end. */
export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: jsonOf(text) }
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {} // not JSON: the test looks at `text`
  }
}

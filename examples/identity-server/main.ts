import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseArgs } from 'node:util'
import { readBody } from '../body.ts'
import { closeOnSignal, isProgram, type Listening, type ListenOptions, listen } from '../listen.ts'
import { type Gateway, gatewayAt } from './gateway.ts'
import type { Html } from './html.ts'
import { type LoginRequest, leadsTo, parseLoginRequest, redirectTarget } from './login-request.ts'
import { type Members, sampleMembers } from './members.ts'
import { consentPage, errorPage, loginPage, pageHeaders } from './pages.ts'
import { isFormOf, memorySessions, type Session, type Sessions } from './sessions.ts'
import { verifyPassword } from './verify-password.ts'

export interface IdentityServerOptions extends ListenOptions {
  readonly adminUrl: string
  readonly adminSecret: string
  /** The API whose login page this is. */
  readonly apiId: string
  /** What scopes mean, in words for the user. */
  readonly scopes?: Readonly<Record<string, string>>
  /** Name → password; the sample members when absent. */
  readonly members?: Readonly<Record<string, string>>
  /** Secret with which a gateway signs its questions to `/verify-password`; without it, there is no such address. */
  readonly verifierSecret?: string
}

interface Identity {
  readonly gateway: Gateway
  readonly members: Members
  readonly sessions: Sessions
  readonly scopes: Readonly<Record<string, string>>
  readonly verifierSecret: string | undefined
}

interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly query: URLSearchParams
  readonly form: URLSearchParams
  readonly session: Session
}

export const STEP_ON_SCOPES = {
  user_profile: 'See your name and when you joined',
  biometric: 'See your height and heart rate',
  step_counts: 'See your daily step counts',
  'step_counts:write': 'Add to your step counts',
}

/** Authenticates people and asks them what an application may do: the page that `authLoginRedirect` names. */
export async function startIdentityServer(options: IdentityServerOptions): Promise<Listening> {
  const identity: Identity = {
    gateway: gatewayAt(options),
    members: await sampleMembers(options.members),
    sessions: memorySessions(),
    scopes: options.scopes ?? STEP_ON_SCOPES,
    verifierSecret: options.verifierSecret,
  }
  return listen((request, response) => {
    serve(identity, request, response).catch((error: unknown) => {
      console.error(`identity server: ${error instanceof Error ? error.message : error}`)
      if (response.headersSent) response.destroy()
      else sendPage(response, 503, errorPage('Not now', 'The sign-in service has a problem. Please try again later.'))
    })
  }, options)
}

async function serve(identity: Identity, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://identity')
  const isPost = request.method === 'POST'
  if (pathname === '/verify-password' && isPost && identity.verifierSecret !== undefined) {
    return verifyPassword(request, response, identity.members, identity.verifierSecret)
  }
  const step = steps[pathname]
  if (!step || (!isPost && pathname !== '/login')) {
    return sendPage(response, 404, errorPage('Nothing here', 'Sign-in pages are reached from an application.'))
  }
  const body = isPost ? await readBody(request, 20_000) : undefined
  const form = new URLSearchParams(body?.toString())
  const session = identity.sessions.of(request) ?? beginSession(identity.sessions, response)
  await step(identity, { request, response, query, form, session })
}

function beginSession(sessions: Sessions, response: ServerResponse, user?: string): Session {
  const { session, cookie } = sessions.begin(user)
  response.setHeader('set-cookie', cookie)
  return session
}

const steps: Readonly<Record<string, (identity: Identity, call: Call) => Promise<void>>> = {
  async '/login'(identity, call) {
    // A POST without our token is an authorization request that was sent as a form and redirected with 307.
    if (call.request.method !== 'POST' || !call.form.has('csrf')) return askUser(identity, call)
    if (!isFormOf(call.session, call.form.get('csrf') ?? '')) return refuseForm(call)
    const username = call.form.get('username') ?? ''
    if (!(await identity.members.verify(username, call.form.get('password') ?? ''))) {
      const retry = { username, message: 'This user name and password do not belong together.' }
      return sendPage(call.response, 401, loginPage(formContext(call), retry))
    }
    identity.sessions.end(call.session)
    beginSession(identity.sessions, call.response, username)
    redirect(call.response, `/login?${call.query}`)
  },

  async '/consent'(identity, call) {
    if (!isFormOf(call.session, call.form.get('csrf') ?? '')) return refuseForm(call)
    const login = await checkedRequest(identity, call)
    if (!login) return
    const { user } = call.session
    if (user === undefined) return askUser(identity, call)
    const { challenge, scope } = login.request
    const decision = call.form.get('decision') === 'accept' ? 'accept' : 'deny'
    const target = await identity.gateway.decide({
      login_challenge: challenge,
      user,
      decision,
      ...(scope && { scope }),
    })
    if (target === undefined || !leadsTo(target, login.target)) {
      const detail = 'This request has expired or was already answered. Please start again in the application.'
      return sendPage(call.response, 400, errorPage('Too late', detail))
    }
    redirect(call.response, target)
  },

  async '/logout'(identity, call) {
    if (!isFormOf(call.session, call.form.get('csrf') ?? '')) return refuseForm(call)
    identity.sessions.end(call.session)
    redirect(call.response, `/login?${call.query}`)
  },
}

interface CheckedRequest {
  readonly request: LoginRequest
  readonly clientName: string
  readonly target: URL
}

/** The login request, if it stands up to what the gateway knows of the client; otherwise says so to the user. */
async function checkedRequest(identity: Identity, { query, response }: Call): Promise<CheckedRequest | undefined> {
  const request = parseLoginRequest(query)
  const client = request && (await identity.gateway.client(request.clientId))
  const target = request && client && redirectTarget(request, client)
  if (request && client && target) return { request, clientName: client.name, target }
  const detail = 'This address is incomplete or was altered. Please start again in the application.'
  sendPage(response, 400, errorPage('This link does not work', detail))
  return undefined
}

/** The login page for strangers, the consent page for those who are signed in. */
async function askUser(identity: Identity, call: Call): Promise<void> {
  const login = await checkedRequest(identity, call)
  if (!login) return
  const { user } = call.session
  if (user === undefined) return sendPage(call.response, 200, loginPage(formContext(call)))
  const { scope } = login.request
  // Without a scope in the request the gateway's defaults apply; the page then shows the most that they can be.
  const names = scope === undefined ? Object.keys(identity.scopes) : scope.split(' ').filter(Boolean)
  const scopes = names.map((name) => ({ name, description: identity.scopes[name] ?? `Use “${name}”` }))
  const { host, protocol, origin } = login.target
  const consent = {
    user,
    clientName: login.clientName,
    redirectHost: host || protocol,
    scopes,
    exact: scope !== undefined,
  }
  sendPage(call.response, 200, consentPage(formContext(call), consent), origin === 'null' ? protocol : origin)
}

const formContext = ({ query, session }: Call) => ({ query: query.toString(), csrf: session.csrf })

function refuseForm({ response }: Call): void {
  const detail = 'Your session has ended, or the form came from elsewhere. Please go back and try again.'
  sendPage(response, 403, errorPage('Please try again', detail))
}

function sendPage(response: ServerResponse, status: number, page: Html, formTarget?: string): void {
  response.writeHead(status, pageHeaders(formTarget)).end(page.text)
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }).end()
}

if (isProgram(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '3001' },
      admin: { type: 'string', default: 'http://127.0.0.1:8081' },
      'admin-secret': { type: 'string', default: process.env['GATEHOUSE_ADMIN_SECRET'] ?? '' },
      api: { type: 'string', default: 'step-on' },
    },
  })
  if (!values['admin-secret']) throw new Error('say --admin-secret: the gateway prints it when it starts')
  const server = await startIdentityServer({
    port: Number(values.port),
    adminUrl: values.admin,
    adminSecret: values['admin-secret'],
    apiId: values.api,
    verifierSecret: 'step-on-verifier-secret',
  })
  closeOnSignal(() => server.close())
  console.log(`People sign in at ${server.url}/login`)
}

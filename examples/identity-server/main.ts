import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseArgs } from 'node:util'
import { readBody } from '../body.ts'
import { closeOnSignal, isProgram, type Listening, type ListenOptions, listen } from '../listen.ts'
import { type Gateway, type GatewayAddress, gatewayAt } from './gateway.ts'
import type { Html } from './html.ts'
import { type Members, sampleMembers } from './members.ts'
import { consentPage, errorPage, loginPage, pageHeaders } from './pages.ts'
import { isFormOf, memorySessions, type Session, type Sessions } from './sessions.ts'
import { verifyPassword } from './verify-password.ts'

export interface IdentityServerOptions extends ListenOptions, GatewayAddress {
  /** Name → password; the sample members when absent. */
  readonly members?: Readonly<Record<string, string>>
  /** Secret with which a gateway signs its questions to `/verify-password`; without it, there is no such address. */
  readonly verifierSecret?: string
}

interface Identity {
  readonly gateway: Gateway
  readonly members: Members
  readonly sessions: Sessions
  readonly verifierSecret: string | undefined
}

interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly challenge: string
  readonly form: URLSearchParams
  readonly session: Session
}

/** Authenticates people and asks them what an application may do: the page that `authLoginRedirect` names. */
export async function startIdentityServer(options: IdentityServerOptions): Promise<Listening> {
  const identity: Identity = {
    gateway: gatewayAt(options),
    members: await sampleMembers(options.members),
    sessions: memorySessions(),
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
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://identity')
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
  const challenge = searchParams.get('login_challenge') ?? ''
  const session = identity.sessions.of(request) ?? beginSession(identity.sessions, response)
  await step(identity, { request, response, challenge, form, session })
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
    redirect(call.response, loginAddress(call))
  },

  async '/consent'(identity, call) {
    if (!isFormOf(call.session, call.form.get('csrf') ?? '')) return refuseForm(call)
    const { user } = call.session
    if (user === undefined) return askUser(identity, call)
    const decision = call.form.get('decision') === 'accept' ? 'accept' : 'deny'
    const target = await identity.gateway.decide({ challenge: call.challenge, user, decision })
    if (target === undefined) return tooLate(call)
    redirect(call.response, target)
  },

  async '/logout'(identity, call) {
    if (!isFormOf(call.session, call.form.get('csrf') ?? '')) return refuseForm(call)
    identity.sessions.end(call.session)
    redirect(call.response, loginAddress(call))
  },
}

/** The login page for strangers, the consent page for those who are signed in. */
async function askUser(identity: Identity, call: Call): Promise<void> {
  const login = call.challenge === '' ? undefined : await identity.gateway.waiting(call.challenge)
  if (!login) return tooLate(call)
  const { user } = call.session
  if (user === undefined) return sendPage(call.response, 200, loginPage(formContext(call)))
  const { host, protocol, origin } = new URL(login.redirectUri)
  const consent = { ...login, user, redirectHost: host || protocol }
  sendPage(call.response, 200, consentPage(formContext(call), consent), origin === 'null' ? protocol : origin)
}

const formContext = ({ challenge, session }: Call) => ({ challenge, csrf: session.csrf })

const loginAddress = ({ challenge }: Call): string => `/login?${new URLSearchParams({ login_challenge: challenge })}`

function tooLate({ response }: Call): void {
  const detail = 'This request has expired or was already answered. Please start again in the application.'
  sendPage(response, 400, errorPage('Too late', detail))
}

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

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import type { Api, IssuerScheme, SecurityScheme } from '../../src/api/api.ts'
import { sha256 } from '../../src/core/digest.ts'
import { silentLog } from '../../src/core/log.ts'
import { pooledRandom } from '../../src/core/random.ts'
import { openVault } from '../../src/core/vault.ts'
import { createLocalRates } from '../../src/gateway/limits/local-rates.ts'
import type { Announcer, GatewayEvent } from '../../src/notify/event.ts'
import { createClientKeys } from '../../src/oauth/client-auth/client-keys.ts'
import { createSecretCheck } from '../../src/oauth/client-auth/secret-check.ts'
import { createClientDirectory } from '../../src/oauth/clients/client-directory.ts'
import { createConsumerDirectory } from '../../src/oauth/consumers/consumer-directory.ts'
import { dispatch } from '../../src/oauth/dispatch.ts'
import { createEndpointLimits } from '../../src/oauth/endpoint-limits.ts'
import { createFailureLimit, FREE_AT_ADDRESS } from '../../src/oauth/failure-limit.ts'
import { type OAuthResponse, parseForm } from '../../src/oauth/http.ts'
import { createOAuthApp } from '../../src/oauth/koa-app.ts'
import { createPasswords } from '../../src/oauth/passwords/passwords.ts'
import { createVerifiedPasswords } from '../../src/oauth/passwords/verified-passwords.ts'
import { type AuthorizationCodeRecord, codeKey } from '../../src/oauth/records/authorization-code.ts'
import type { ClientRecord } from '../../src/oauth/records/client.ts'
import type { OAuthServices } from '../../src/oauth/services.ts'
import { createSigningKeys } from '../../src/oauth/signing/signing-keys.ts'
import { createAccessTokens } from '../../src/oauth/tokens/create-access-tokens.ts'
import { MARK } from '../../src/oauth/tokens/marks.ts'
import { mintToken, newGrantId } from '../../src/oauth/tokens/token-format.ts'
import { createOutbound } from '../../src/outbound/client.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { type HandClock, handClock } from './clock.ts'
import { issuerApi, issuerScheme, registeredClient, type SchemeWish } from './issuer-api.ts'
import { proveClean, watchedLog } from './leaks.ts'

/** Everything that the document can switch on, at `/oauth/token`. */
export const ALL_FLOWS: IssuerScheme['flows'] = {
  authorizationCode: {
    authorizationPath: '/oauth/authorize',
    tokenPath: '/oauth/token',
    refreshPath: '/oauth/refresh',
  },
  clientCredentials: { tokenPath: '/oauth/token' },
  password: { tokenPath: '/oauth/token' },
}

export const SECRET = 'gcs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' // RFC 7636 appendix B
export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

/** What a test wants of a code; undefined leaves a member out. */
export type CodeWish = { readonly [K in keyof AuthorizationCodeRecord]?: AuthorizationCodeRecord[K] | undefined }

/** An answer of an endpoint. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly json: Readonly<Record<string, unknown>>
}

export type Fields = Readonly<Record<string, string | undefined>>

export interface BackChannel {
  readonly api: Api
  readonly clock: HandClock
  readonly store: Store
  readonly services: OAuthServices
  /** Posts a form as the confidential client `app`, unless other credentials are given; `undefined` sends none. */
  post(path: string, fields: Fields, basic?: string | undefined): Promise<Answer>
  /** `post` to the token endpoint. */
  token(fields: Fields, basic?: string | undefined): Promise<Answer>
  /** A code for user `ann` and the client `app`, as the front channel would have made it. */
  code(changes?: CodeWish): Promise<string>
  /** Redeems a code made with `changes`. */
  redeemed(changes?: CodeWish): Promise<Tokens>
  refresh(refreshToken: string, fields?: Fields, basic?: string): Promise<Answer>
  /** Whether the access token is good, by what the data plane asks. */
  alive(accessToken: string): Promise<boolean>
  /** What was announced in commits that happened. */
  events(): Promise<readonly GatewayEvent[]>
  /** Registers or replaces a client, with `SECRET` unless said otherwise. */
  addClient(changes: Partial<ClientRecord>): Promise<ClientRecord>
}

export interface Tokens {
  readonly access: string
  readonly refresh: string
}

export const APP = `app:${SECRET}`

interface Wish {
  readonly schemes?: readonly SecurityScheme[]
  readonly settings?: SchemeWish['settings']
  readonly client?: Partial<ClientRecord>
  readonly api?: Partial<Api>
  readonly openStore?: (clock: HandClock) => Store | Promise<Store>
  readonly wrap?: (store: Store) => Store
  readonly services?: Partial<OAuthServices>
}

/** The back channel of one API with its own store and clock. */
export async function backChannel(t: ExecutionContext, wish: Wish = {}): Promise<BackChannel> {
  const clock = handClock()
  const opened = (await wish.openStore?.(clock)) ?? openMemoryStore({ clock })
  const store = wish.wrap?.(opened) ?? opened
  const given = { ...servicesOn(store, clock), ...wish.services }
  const watched = watchedLog(given.log)
  const services = { ...given, log: watched.log }
  const schemes = wish.schemes ?? [
    issuerScheme({ flows: ALL_FLOWS, settings: { refreshToken: true, ...wish.settings } }),
  ]
  const api = issuerApi(schemes, wish.api)
  const addClient = async (changes: Partial<ClientRecord>): Promise<ClientRecord> => {
    const secrets = [{ digest: `sha256:${sha256(SECRET)}`, createdAt: 0 }]
    const client = await registeredClient(opened, { secrets, ...changes })
    await opened.commit({ partition: 0, marks: [{ topic: MARK.client, id: client.clientId, at: clock.now() }] })
    return client
  }
  await addClient(wish.client ?? {})
  t.teardown(async () => {
    proveClean(watched.lines)
    services.accessTokens.close()
    services.clients.close()
    services.signing.close()
    await opened.close()
  })
  const post = async (path: string, fields: Fields, basic: string | undefined = APP): Promise<Answer> =>
    answerOf(await dispatch(formPost(fields, basic), api, path, services))
  const token = (fields: Fields, basic: string | undefined = APP) => post('/oauth/token', fields, basic)
  const code = (changes: CodeWish = {}) => putCode(opened, clock, services, changes)
  return {
    api,
    clock,
    store: opened,
    services,
    addClient,
    post,
    token,
    code,
    async redeemed(changes = {}) {
      const answer = await token({ ...redemption(await code(changes)) })
      t.is(answer.status, 200, JSON.stringify(answer.json))
      return tokensOf(answer)
    },
    refresh: (refreshToken, fields = {}, basic = APP) =>
      token({ grant_type: 'refresh_token', refresh_token: refreshToken, ...fields }, basic),
    alive: async (accessToken) => (await services.accessTokens.find(accessToken)) !== undefined,
    async events() {
      const { jobs } = await opened.jobs('told', { limit: 1000 })
      return jobs.map((job) => job.value as GatewayEvent)
    },
  }
}

export const redemption = (code: string): Fields => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: 'https://app.test/cb',
  code_verifier: VERIFIER,
})

export function tokensOf({ json }: Answer): Tokens {
  return { access: String(json['access_token']), refresh: String(json['refresh_token']) }
}

export function servicesOn(store: Store, clock: HandClock): OAuthServices {
  const random = pooledRandom()
  const clients = createClientDirectory({ store, clock })
  const outbound = createOutbound({ privateTargets: 'allow', clock, log: silentLog })
  const rates = createLocalRates(clock)
  const vault = openVault(Buffer.alloc(32, 1), random)
  const signing = createSigningKeys({ store, clock, vault })
  const passwords = createPasswords({ random, cost: { logN: 4, r: 8, p: 1 } })
  const verified = createVerifiedPasswords({ clock, random, passwords })
  return {
    store,
    clock,
    random,
    vault,
    signing,
    log: silentLog,
    announcer: queueAnnouncer(clock),
    outbound,
    clientKeys: createClientKeys({ outbound, clock }),
    clients,
    consumers: createConsumerDirectory({ store, clock }),
    verified,
    secrets: createSecretCheck({ clock, verified }),
    passwords,
    failures: createFailureLimit(clock),
    guesses: createFailureLimit(clock, FREE_AT_ADDRESS),
    limits: createEndpointLimits({ take: (key, limit) => rates.take(key, { ...limit, by: 'client' }) }),
    accessTokens: createAccessTokens({ store, clock, clients, signing, cacheSize: 1000 }),
  }
}

/** Puts every event into the queue `told`, readable: what stands there was committed. */
function queueAnnouncer(clock: HandClock): Announcer {
  const random = pooledRandom()
  return {
    announce: (_partition, event) => ({
      enqueue: [{ queue: 'told', id: random(12).toString('hex'), dueAt: clock.now(), value: event }],
      writes: [],
    }),
    listens: () => true,
    wake() {},
  }
}

async function putCode(store: Store, clock: HandClock, { random }: OAuthServices, changes: CodeWish): Promise<string> {
  const grantId = newGrantId(random)
  const code = mintToken('code', grantId, random)
  const value = {
    grantId,
    api: 'pets',
    scheme: 'oauth',
    clientId: 'app',
    subject: 'ann',
    scope: ['read', 'write'],
    redirectUri: 'https://app.test/cb',
    redirectUriGiven: true,
    codeChallenge: CHALLENGE,
    pkceRequired: true,
    metadata: {},
    expiresAt: clock.now() + 60_000,
    ...changes,
  }
  const expiresAt = value.expiresAt ?? clock.now() + 60_000
  const key = codeKey(grantId, sha256(code))
  await store.commit({
    partition: key.partition,
    writes: [{ op: 'put', key, value: without(value), expiresAt }],
  })
  return code
}

/** Without members whose value is undefined, as JSON has none. */
const without = (value: object): unknown => JSON.parse(JSON.stringify(value))

function formPost(fields: Fields, basic: string | undefined) {
  const entries = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const authorization = basic === undefined || basic === '' ? undefined : basicHeader(basic)
  return {
    method: 'POST',
    headers: authorization === undefined ? {} : { authorization },
    query: parseForm(''),
    body: parseForm(new URLSearchParams(entries).toString()),
    address: '127.0.0.1',
  }
}

export const basicHeader = (credentials: string): string => `Basic ${Buffer.from(credentials).toString('base64')}`

export function answerOf({ status, headers, body }: OAuthResponse): Answer {
  return { status, headers, json: body ? JSON.parse(body) : {} }
}

/** The back channel behind a real HTTP server; the URL of the API. */
export async function served(t: ExecutionContext, { api, services }: BackChannel): Promise<string> {
  const app = createOAuthApp(services, { bodyLimit: 16 * 1024 })
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0]?.slice('/pets'.length) ?? ''
    app.serve(request, response, { api, path })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/pets`
}

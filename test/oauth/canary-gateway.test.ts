import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { type Agent, adminCall, pkce, registerAgent } from '../_kit/agent.ts'
import { RECEIVER_SECRET, stepOnDocument } from '../_kit/documents.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { leaksIn, proveClean, textOfLine } from '../_kit/leaks.ts'
import { startReceiver } from '../_kit/receiver.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

/** A gateway on SQLite whose two APIs issue opaque tokens and JWTs, with a receiver of notifications. */
async function world(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-canary-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const upstream = await forTest(t, startUpstream())
  const receiver = await forTest(t, startReceiver())
  const document = (id: string, scheme: Record<string, unknown>) => {
    const made = stepOnDocument(
      { upstream: upstream.url, login: 'http://login.example/login', receiver: receiver.url },
      { provisionKey: 'the-provision-key-of-the-canary', ...scheme },
    ) as { 'x-gateway': { info: object; server: { listenPath: object } } }
    made['x-gateway'].info = { id }
    made['x-gateway'].server.listenPath = { value: `/${id}/`, strip: true }
    return made
  }
  const documents = {
    'plain.json': document('plain', {}),
    'signed.json': document('signed', { accessTokenFormat: 'jwt' }),
  }
  const gateway = await gatewayFor(t, { documents, settings: { store: `sqlite:${join(folder, 'gatehouse.db')}` } })
  return { gateway, folder }
}

/** Everything that was answered with an error, as it was sent. */
type Errors = string[]

const USER = { username: 'ann', password: 'the-password-of-ann' }

/** Goes through what a client, a user, a login page and an attacker do; returns every credential that was in play. */
async function everything(agent: Agent, errors: Errors): Promise<string[]> {
  const { clientId, clientSecret = '', redirectUri } = agent.client
  const { verifier, challenge } = pkce()
  const seen = [clientSecret, verifier, Buffer.from(`${clientId}:${clientSecret}`).toString('base64')]
  const note = ({ status, text }: { readonly status: number; readonly text: string }) => {
    if (status >= 400) errors.push(text)
  }
  const parameters = { code_challenge: challenge }
  const { challenge: login = '' } = await agent.authorize({ scope: 'step_counts', parameters })
  const code = (await agent.decide(login, 'ann')).searchParams.get('code') ?? ''
  const redeem = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
  const first = await agent.token(redeem)
  const [access, refresh] = [String(first.json['access_token']), String(first.json['refresh_token'])]
  const second = (await agent.refresh(refresh)).json
  const latest = [String(second['access_token']), String(second['refresh_token'])]
  seen.push(login, code, access, refresh, ...latest)
  for (const token of [...latest, access]) {
    note(await agent.call('/stepcounts', token))
    note(await agent.call(`/stepcounts?access_token=${token}`, token))
    note(await agent.call('/stepcounts', `${token}x`))
    note(await agent.token({ token, grant_type: 'refresh_token', refresh_token: token }))
    note(await agent.token({ token }, { path: '/oauth/introspect' }))
  }
  note(await agent.token({ ...redeem, code_verifier: `${verifier}x` }))
  note(await agent.token(redeem))
  note(await agent.token({ grant_type: 'password', ...USER, password: 'a-wrong-password-of-ann' }))
  note(await agent.token({ token: latest[1] ?? '' }, { path: '/oauth/revoke' }))
  note(await agent.token({ grant_type: 'client_credentials', client_secret: clientSecret }))
  note(await adminCall(agent.api, 'POST', `/api/apis/oauth/${agent.api.apiId}/authorize-client?code=${code}`, redeem))
  note(await adminCall({ ...agent.api, adminSecret: 'a-wrong-admin-secret' }, 'GET', '/api/apis'))
  return [...seen, USER.password, 'a-wrong-password-of-ann', 'a-wrong-admin-secret']
}

/** A client that signs: its assertion must not stay anywhere either. */
async function signed(agent: Agent, issuer: string, errors: Errors): Promise<string[]> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwks = { keys: [await exportJWK(publicKey)] }
  const registration = { token_endpoint_auth_method: 'private_key_jwt', jwks }
  const { client } = await registerAgent(agent.api, registration)
  const assertion = await new SignJWT({ jti: 'the-only-use' })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(client.clientId)
    .setSubject(client.clientId)
    .setAudience(issuer)
    .setExpirationTime('1m')
    .sign(privateKey)
  for (let count = 0; count < 2; count++) {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'statistics',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    })
    const answer = await fetch(`${issuer}/oauth/token`, { method: 'POST', body })
    if (answer.status >= 400) errors.push(await answer.text())
  }
  return [assertion, (await exportJWK(privateKey)).d ?? '']
}

test('whatever happens, no token, code, secret or key stays in a log, a metric, an error or the database file', async (t) => {
  const { gateway, folder } = await world(t)
  const errors: Errors = []
  const canaries = [gateway.adminSecret, RECEIVER_SECRET, 'the-provision-key-of-the-canary']
  for (const id of ['plain', 'signed']) {
    const agent = await registerAgent(gateway.api(id, `/${id}`))
    await adminCall(agent.api, 'POST', '/api/users', USER)
    const body = { name: 'login', role: 'identity-server', apis: [id] }
    canaries.push(String((await adminCall(agent.api, 'POST', '/api/keys', body)).json['key']))
    const rotated = await adminCall(agent.api, 'POST', `/api/apis/oauth/${id}/${agent.client.clientId}/rotate`, {
      grace: '1h',
    })
    canaries.push(String(rotated.json['client_secret']))
    canaries.push(...(await everything(agent, errors)), ...(await signed(agent, `${gateway.url}/${id}`, errors)))
  }
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
  const files = readdirSync(folder).filter((name) => !name.endsWith('.key'))
  const places: readonly (readonly [string, string])[] = [
    ...gateway.log.map((line) => ['log', textOfLine(line)] as const),
    ['metrics', metrics],
    ...errors.map((text) => ['error', text] as const),
    ...files.map((name) => [name, readFileSync(join(folder, name), 'latin1')] as const),
  ]
  t.true(canaries.length > 30 && errors.length > 20 && files.length > 0 && metrics.includes('gatehouse_'))
  t.deepEqual(
    canaries.filter((canary) => canary.length < 8 || canary === 'undefined'),
    [],
  )
  for (const [place, text] of places) {
    for (const canary of canaries) t.false(text.includes(canary), `${place}: ${canary.slice(0, 12)}…`)
    t.deepEqual(leaksIn(text), [], place)
  }
})

test('a credential in a log line would be found, in an error or its cause as well', (t) => {
  const token = `gat_${'A'.repeat(70)}`
  for (const fields of [
    { token },
    { err: new Error('x', { cause: new Error(token) }) },
    { url: `/x?access_token=${token}` },
  ])
    t.throws(() => proveClean([{ fields }]), { message: /holds a credential/ })
  t.notThrows(() => proveClean([{ fields: { tokenId: 'x'.repeat(22), kid: 'y'.repeat(43) } }]))
})

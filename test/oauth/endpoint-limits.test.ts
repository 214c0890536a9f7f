import test, { type ExecutionContext } from 'ava'
import { dispatch } from '../../src/oauth/dispatch.ts'
import { parseForm } from '../../src/oauth/http.ts'
import { registerAgent } from '../_kit/agent.ts'
import { backChannel, basicHeader, SECRET } from '../_kit/back-channel.ts'
import { stepOnDocument } from '../_kit/documents.ts'
import { gatewayFor } from '../_kit/gateway.ts'

const CC = { grant_type: 'client_credentials' }
const OTHER = `other:${SECRET}`
const MINUTE = 60_000

const limited = (t: ExecutionContext, client = 3, address = 3) =>
  backChannel(t, {
    api: {
      authentication: {
        enabled: true,
        strip: false,
        endpointLimits: { client: { rate: client, per: MINUTE }, address: { rate: address, per: MINUTE } },
      },
    },
  })

test('a client that asks too often gets 429 with Retry-After, wherever it asks from, and no other client does', async (t) => {
  const channel = await limited(t)
  await channel.addClient({ clientId: 'other' })
  const { access } = await channel.redeemed()
  for (const status of [200, 200, 429, 429]) t.is((await channel.token(CC)).status, status)
  const refused = await channel.post('/oauth/revoke', { token: access })
  t.is(refused.status, 429)
  t.regex(refused.headers['retry-after'] ?? '', /^[1-9]\d?$/)
  t.is(refused.json['error'], 'temporarily_unavailable')
  t.is((await channel.token(CC, OTHER)).status, 200)
  t.true(await channel.alive(access))
  await channel.clock.advance(2 * MINUTE)
  t.is((await channel.token(CC)).status, 200)
})

test('a strange address that names a client spends nothing of that client', async (t) => {
  const channel = await limited(t)
  for (let count = 0; count < 10; count++) await channel.token(CC, `app:${SECRET.replace('A', 'B')}`)
  t.is((await channel.token(CC)).status, 200)
  await channel.addClient({ clientId: 'spa', type: 'public', secrets: [] })
  const ask = async (address: string) => {
    const body = parseForm('grant_type=refresh_token&refresh_token=x&client_id=spa')
    const request = { method: 'POST', headers: {}, query: parseForm(''), body, address }
    return (await dispatch(request, channel.api, '/oauth/token', channel.services)).status
  }
  for (const status of [400, 400, 400, 429]) t.is(await ask('192.0.2.1'), status)
  t.is(await ask('192.0.2.2'), 400)
})

test('failed authentication is limited by address, whatever ids are tried; right secrets go on', async (t) => {
  const channel = await limited(t, 100, 5)
  const statuses: number[] = []
  for (let count = 0; count < 7; count++) statuses.push((await channel.token(CC, `id-${count}:${SECRET}`)).status)
  t.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429])
  t.is((await channel.token(CC)).status, 200)
})

test('an address that guesses for many clients must wait longer and longer; right secrets go on', async (t) => {
  const channel = await limited(t, 1000, 1000)
  const guess = async (count: number) => channel.token(CC, `id-${count}:${SECRET}`)
  for (let count = 0; count <= 100; count++) t.is((await guess(count)).status, 401)
  t.is((await guess(101)).status, 429)
  await channel.clock.advance(1000)
  t.is((await guess(102)).status, 401)
  t.is((await guess(103)).headers['retry-after'], '2')
  t.is((await channel.token(CC)).status, 200)
})

test('sign-ins are limited by address, and the person sees a page that cannot be framed', async (t) => {
  const channel = await limited(t)
  const ask = (address: string) => {
    const request = { method: 'GET', headers: {}, query: parseForm('client_id=app'), body: undefined, address }
    return dispatch(request, channel.api, '/oauth/authorize', channel.services)
  }
  for (let count = 0; count < 3; count++) t.not((await ask('192.0.2.1')).status, 429)
  const refused = await ask('192.0.2.1')
  t.is(refused.status, 429)
  t.regex(refused.headers['content-type'] ?? '', /^text\/html/)
  t.regex(refused.headers['content-security-policy'] ?? '', /frame-ancestors 'none'/)
  t.truthy(refused.headers['retry-after'])
  t.not((await ask('192.0.2.2')).status, 429)
})

test('an IPv6 network is limited as one address, for sign-ins, public clients and guesses', async (t) => {
  const channel = await limited(t, 1000, 3)
  await channel.addClient({ clientId: 'spa', type: 'public', secrets: [] })
  const ask = async (form: string, address: string) => {
    const request = { method: 'POST', headers: {}, query: parseForm(''), body: parseForm(form), address }
    return (await dispatch(request, channel.api, '/oauth/token', channel.services)).status
  }
  const asPublic = 'grant_type=refresh_token&refresh_token=x&client_id=spa'
  const statuses: number[] = []
  for (let count = 0; count < 4; count++) statuses.push(await ask(asPublic, `2001:db8:1:2::${count}`))
  t.deepEqual(statuses, [400, 400, 400, 429])
  t.is(await ask(asPublic, '2001:db8:1:3::1'), 400)
  const free = await limited(t, 1000, 1000)
  const guess = async (host: number) => {
    const body = parseForm(`grant_type=client_credentials&client_id=app&client_secret=${SECRET.replace('A', 'B')}`)
    const request = { method: 'POST', headers: {}, query: parseForm(''), body, address: `2001:db8:1:2::${host}` }
    return (await dispatch(request, free.api, '/oauth/token', free.services)).status
  }
  for (let count = 0; count <= 5; count++) t.is(await guess(count), 401)
  t.is(await guess(6), 429)
})

test('introspection by a client is what a resource server does for every call: it is not limited', async (t) => {
  const channel = await limited(t)
  for (let count = 0; count < 20; count++) t.is((await channel.post('/oauth/introspect', { token: 'x' })).status, 200)
})

test('over HTTP: the document sets the limits, and behind a trusted proxy it is the caller who is counted', async (t) => {
  const document = stepOnDocument({ upstream: 'http://127.0.0.1:9', login: 'http://login.example/login' })
  const { authentication } = (document as { 'x-gateway': { server: { authentication: object } } })['x-gateway'].server
  Object.assign(authentication, { endpointLimits: { address: { rate: 2, per: '1h' } } })
  const settings = { trustedProxies: ['127.0.0.1'] }
  const gateway = await gatewayFor(t, { documents: { 'step-on.json': document }, settings })
  const api = gateway.api('step-on', '/stepon')
  const guess = async (caller: string) => {
    const headers = { authorization: basicHeader('nobody:wrong'), 'x-forwarded-for': caller }
    const answer = await fetch(`${api.url}/oauth/token`, { method: 'POST', headers, body: new URLSearchParams(CC) })
    return answer.status
  }
  t.deepEqual([await guess('192.0.2.1'), await guess('192.0.2.1'), await guess('192.0.2.1')], [401, 401, 429])
  t.is(await guess('192.0.2.2'), 401)
  const agent = await registerAgent(api)
  t.truthy((await agent.clientCredentials('statistics')).accessToken)
})

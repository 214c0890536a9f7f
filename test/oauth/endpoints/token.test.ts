import { request as httpRequest } from 'node:http'
import test from 'ava'
import { StoreUnavailable } from '../../../src/store/store.ts'
import { APP, type BackChannel, backChannel, basicHeader, redemption, SECRET, served } from '../../_kit/back-channel.ts'
import { issuerScheme } from '../../_kit/issuer-api.ts'

const FORM = 'application/x-www-form-urlencoded'
const CC = 'grant_type=client_credentials&scope=read'

async function post(url: string, body: string | FormData | Uint8Array, headers: Record<string, string> = {}) {
  const typed = typeof body === 'string' ? { 'content-type': FORM } : {}
  const init = {
    method: 'POST',
    body: body as string,
    headers: { authorization: basicHeader(APP), ...typed, ...headers },
  }
  const response = await fetch(url, init)
  const text = await response.text()
  return { status: response.status, headers: response.headers, json: JSON.parse(text) as Record<string, unknown> }
}

test('RFC 6749 §5.1: a token answer is JSON that nobody keeps', async (t) => {
  const url = await served(t, await backChannel(t))
  const { status, headers, json } = await post(`${url}/oauth/token`, CC)
  t.is(status, 200)
  t.is(headers.get('content-type'), 'application/json')
  t.is(headers.get('cache-control'), 'no-store')
  t.is(headers.get('pragma'), 'no-cache')
  t.is(headers.get('x-content-type-options'), 'nosniff')
  t.is(headers.get('x-frame-options'), 'DENY')
  t.deepEqual(Object.keys(json), ['access_token', 'token_type', 'expires_in', 'scope'])
})

test('form, JSON and multipart bodies say the same', async (t) => {
  const url = `${await served(t, await backChannel(t))}/oauth/token`
  const form = new FormData()
  form.set('grant_type', 'client_credentials')
  form.set('scope', 'read')
  const json = JSON.stringify({ grant_type: 'client_credentials', scope: 'read' })
  t.is((await post(url, CC, { 'content-type': `${FORM}; charset=UTF-8` })).json['scope'], 'read')
  t.is((await post(url, json, { 'content-type': 'application/json' })).json['scope'], 'read')
  t.is((await post(url, form)).json['scope'], 'read')
})

test('bodies that are not flat texts are refused', async (t) => {
  const url = `${await served(t, await backChannel(t))}/oauth/token`
  const json = { 'content-type': 'application/json' }
  const refused = [
    '{"grant_type":"client_credentials","scope":5}',
    '{"grant_type":["client_credentials"]}',
    '["client_credentials"]',
    'null',
    '{"grant_type":',
    '{"grant_type":"client_credentials","scope":"read","scope":"write"}',
    '{"grant_type":"client_credentials","gr\\u0061nt_type":"password"}',
    '',
  ]
  for (const body of refused) {
    const answer = await post(url, body, json)
    t.is(answer.status, 400, body)
    t.is(answer.json['error'], 'invalid_request', body)
  }
  const file = new FormData()
  file.set('grant_type', new Blob(['client_credentials']), 'x')
  t.is((await post(url, file)).json['error'], 'invalid_request')
  const broken = { 'content-type': 'multipart/form-data; boundary=x' }
  t.is((await post(url, '--y\r\n', broken)).json['error'], 'invalid_request')
})

test('other media types and packed bodies are refused', async (t) => {
  const url = `${await served(t, await backChannel(t))}/oauth/token`
  t.is((await post(url, CC, { 'content-type': 'text/plain' })).status, 415)
  t.is((await post(url, CC, { 'content-encoding': 'gzip' })).status, 415)
  t.is((await post(url, new TextEncoder().encode(CC))).status, 400)
})

test('a repeated parameter is refused, except resource', async (t) => {
  const url = `${await served(t, await backChannel(t))}/oauth/token`
  for (const twice of ['scope=read', 'scope=', 'grant_type=client_credentials', 'foo=1&foo=2']) {
    t.is((await post(url, `${CC}&${twice}`)).json['error'], 'invalid_request', twice)
  }
  const own = 'resource=http%3A%2F%2Fgateway.test%2Fpets'
  t.is((await post(url, `${CC}&${own}&${own}%2F`)).status, 200)
})

test('RFC 8707 §2: a token for another resource is not issued', async (t) => {
  const channel = await backChannel(t)
  const answer = await channel.token({ grant_type: 'client_credentials', resource: 'http://gateway.test/birds' })
  t.is(answer.json['error'], 'invalid_target')
})

test('a body of more than 16 KiB gets 413 before it was read', async (t) => {
  const url = `${await served(t, await backChannel(t))}/oauth/token`
  t.is((await post(url, `${CC}&x=${'a'.repeat(17_000)}`)).status, 413)
  t.is(await endless(url), 413)
})

test('more than 64 parameters are refused', async (t) => {
  const url = `${await served(t, await backChannel(t))}/oauth/token`
  const many = Array.from({ length: 63 }, (_, index) => `p${index}=1`).join('&')
  t.is((await post(url, `${CC}&${many}`)).json['error'], 'invalid_request')
})

for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
  test(`RFC 6749 §3.2: ${method} at the token endpoint gets 405 with Allow`, async (t) => {
    const url = await served(t, await backChannel(t))
    const response = await fetch(`${url}/oauth/token?${CC}`, { method, headers: { authorization: basicHeader(APP) } })
    t.is(response.status, 405)
    t.is(response.headers.get('allow'), 'POST')
  })
}

test('nothing is read from the query', async (t) => {
  const url = `${await served(t, await backChannel(t))}/oauth/token`
  t.is((await post(`${url}?grant_type=client_credentials`, 'scope=read')).json['error'], 'invalid_request')
  const inQuery = `${url}?client_id=app&client_secret=${SECRET}`
  t.is((await post(inQuery, CC, { authorization: '' })).json['error'], 'invalid_request')
  t.is((await post(`${url}?client_id=app`, CC, { authorization: '' })).json['error'], 'invalid_client')
})

test('error descriptions never repeat what was sent', async (t) => {
  const channel = await backChannel(t)
  const canary = 'zanzibar<script>"\\'
  const answers = [
    await channel.token({ grant_type: canary }),
    await channel.token({ grant_type: 'client_credentials', scope: canary }),
    await channel.token({ grant_type: 'client_credentials', resource: canary }),
    await channel.token({ ...redemption(canary), code_verifier: canary }),
    await channel.token({ grant_type: 'client_credentials' }, `${canary}:${canary}`),
    await channel.token({ grant_type: 'client_credentials', client_id: canary }),
  ]
  for (const { status, headers, json } of answers) {
    t.true(status >= 400 && status < 500)
    t.false(JSON.stringify({ headers, json }).includes('zanzibar'))
    // RFC 6749 §5.2
    t.regex(String(json['error_description']), /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
  }
})

test('grants that are unknown, or that the document does not declare, are unsupported', async (t) => {
  const channel = await backChannel(t, { schemes: [issuerScheme()] })
  t.is((await channel.token({ grant_type: 'magic' })).json['error'], 'unsupported_grant_type')
  t.is((await channel.token({ grant_type: 'client_credentials' })).json['error'], 'unsupported_grant_type')
  t.is((await channel.token({ grant_type: '__proto__' })).json['error'], 'unsupported_grant_type')
  t.is((await channel.token({})).json['error'], 'invalid_request')
})

test('a refresh URL refreshes and does nothing else', async (t) => {
  const channel = await backChannel(t)
  const { refresh } = await channel.redeemed()
  const other = await channel.post('/oauth/refresh', { grant_type: 'client_credentials' })
  t.is(other.json['error'], 'unsupported_grant_type')
  const answer = await channel.post('/oauth/refresh', { grant_type: 'refresh_token', refresh_token: refresh })
  t.is(answer.status, 200)
})

test('a client may use the grants that it is registered for, and no other', async (t) => {
  const channel = await backChannel(t, { client: { grantTypes: ['authorization_code'] } })
  t.is((await channel.token({ grant_type: 'client_credentials' })).json['error'], 'unauthorized_client')
  t.is((await channel.token(redemption(await channel.code()))).status, 200)
})

test('a store that does not answer is 503 with Retry-After, never "invalid"', async (t) => {
  let down = false
  const channel = await backChannel(t, {
    wrap: (store) => {
      const fail = (): never => {
        throw new StoreUnavailable('down')
      }
      return {
        ...store,
        get: (keys) => (down ? fail() : store.get(keys)),
        commit: (c) => (down ? fail() : store.commit(c)),
      }
    },
  })
  const { refresh } = await channel.redeemed()
  const code = await channel.code()
  down = true
  for (const fields of [{ grant_type: 'client_credentials' }, redemption(code), refreshOf(refresh)]) {
    const answer = await channel.token(fields)
    t.is(answer.status, 503)
    t.is(answer.json['error'], 'temporarily_unavailable')
    t.truthy(answer.headers['retry-after'])
  }
  down = false
  t.is((await channel.token(redemption(code))).status, 200)
  t.is((await channel.refresh(refresh)).status, 200)
})

test('tokens that cannot be announced are not issued', async (t) => {
  const channel = await backChannel(t)
  const announcer: BackChannel['services']['announcer'] = {
    announce: () => ({
      enqueue: [{ queue: 'full', id: String(Math.random()), dueAt: 0, value: null, capacity: 1 }],
      writes: [],
    }),
    listens: () => true,
    wake() {},
  }
  const full = await backChannel(t, { services: { announcer } })
  t.is((await full.token({ grant_type: 'client_credentials' })).status, 200)
  const refused = await full.token({ grant_type: 'client_credentials' })
  t.is(refused.status, 503)
  t.is(refused.json['error'], 'temporarily_unavailable')
  t.is((await channel.token({ grant_type: 'client_credentials' })).status, 200)
})

const refreshOf = (token: string) => ({ grant_type: 'refresh_token', refresh_token: token })

/** Sends a body that never ends, without a length; the status of the answer. */
function endless(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': FORM, authorization: basicHeader(APP) }
    const request = httpRequest(url, { method: 'POST', headers }, (response) => {
      resolve(response.statusCode ?? 0)
      request.destroy()
    })
    request.on('error', reject)
    const more = (): void => {
      while (!request.destroyed && request.write('a'.repeat(8192)));
    }
    request.on('drain', more)
    more()
  })
}

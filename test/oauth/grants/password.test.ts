import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { Webhook } from 'standardwebhooks'
import { createPasswords } from '../../../src/oauth/passwords/passwords.ts'
import { createVerifiedPasswords } from '../../../src/oauth/passwords/verified-passwords.ts'
import { userKey } from '../../../src/oauth/records/user.ts'
import { type BackChannel, backChannel, tokensOf } from '../../_kit/back-channel.ts'

const ASK = { grant_type: 'password', username: 'ann', password: 'correct horse', scope: 'read' }

async function withUser(t: ExecutionContext, options: Parameters<typeof backChannel>[1] = {}): Promise<BackChannel> {
  const channel = await backChannel(t, options)
  const key = userKey('ann')
  const password = await channel.services.passwords.hash('correct horse')
  const value = { username: 'ann', password, createdAt: 0, updatedAt: 0 }
  await channel.store.commit({ partition: key.partition, writes: [{ op: 'put', key, value }] })
  return channel
}

test('RFC 6749 §4.3: a registered user gets tokens, a refresh token and a notification', async (t) => {
  const channel = await withUser(t)
  const answer = await channel.token(ASK)
  t.is(answer.status, 200)
  t.is(answer.json['scope'], 'read')
  const { access, refresh } = tokensOf(answer)
  t.is((await channel.services.accessTokens.find(access))?.subject, 'ann')
  t.is((await channel.refresh(refresh)).status, 200)
  const event = (await channel.events()).find(({ type }) => type === 'oauth.token.issued')
  t.like(event, { grantType: 'password', user: 'ann' })
})

test('a wrong password and an unknown user get the same invalid_grant', async (t) => {
  const channel = await withUser(t)
  const wrong = await channel.token({ ...ASK, password: 'wrong' })
  t.is(wrong.status, 400)
  t.is(wrong.json['error'], 'invalid_grant')
  for (const username of ['bob', 'Ann', 'ann ', '\0', 'x'.repeat(5000), '__proto__']) {
    t.deepEqual(await channel.token({ ...ASK, username }), wrong)
  }
  t.deepEqual(await channel.token({ ...ASK, password: 'x'.repeat(9000) }), wrong)
})

test('name and password must be there', async (t) => {
  const channel = await withUser(t)
  t.is((await channel.token({ ...ASK, username: undefined })).json['error'], 'invalid_request')
  t.is((await channel.token({ ...ASK, password: undefined })).json['error'], 'invalid_request')
})

test('a password that was typed with other composed characters is the same', async (t) => {
  const channel = await backChannel(t)
  const { passwords } = channel.services
  t.true(await passwords.verify('Zu\u0308rich', await passwords.hash('Z\u00fcrich')))
})

test('when too many passwords wait to be checked, the next one is told to come again', async (t) => {
  const channel = await withUser(t)
  const { random, clock } = channel.services
  const cost = { logN: 12, r: 8, p: 1 }
  const passwords = createPasswords({ random, cost, concurrency: 1, capacity: 1 })
  const verified = createVerifiedPasswords({ clock, random, passwords })
  const narrow = await withUser(t, { services: { verified } })
  const answers = await Promise.all(Array.from({ length: 5 }, () => narrow.token(ASK)))
  const refused = answers.filter(({ status }) => status === 503)
  t.is(answers.filter(({ status }) => status === 200).length, 2)
  t.is(refused.length, 3)
  t.is(refused[0]?.json['error'], 'temporarily_unavailable')
  t.truthy(refused[0]?.headers['retry-after'])
  t.is((await narrow.token(ASK)).status, 200)
})

interface Asked {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A real verifier that answers as it is told, and what it was asked. */
async function verifier(t: ExecutionContext, status: number, answer: string) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      asked.push({ headers: request.headers, body })
      response.writeHead(status, { 'content-type': 'application/json' }).end(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/check`
  return { asked, settings: { passwordVerifier: { url, sharedSecret: 'whsec_c2VjcmV0LW9mLXRoZS10ZWFt' } } }
}

test('the team’s own verifier is asked by a signed question', async (t) => {
  const answer = { user: 'user-17', metadata: { plan: 'gold' }, more: true }
  const { asked, settings } = await verifier(t, 200, JSON.stringify(answer))
  const channel = await backChannel(t, { settings })
  const issued = await channel.token(ASK)
  t.is(issued.status, 200)
  t.like(await channel.services.accessTokens.find(tokensOf(issued).access), {
    subject: 'user-17',
    metadata: { plan: 'gold' },
  })
  const [question] = asked
  t.deepEqual(JSON.parse(question?.body ?? ''), {
    username: 'ann',
    password: 'correct horse',
    client_id: 'app',
    scope: 'read',
  })
  const webhook = new Webhook('whsec_c2VjcmV0LW9mLXRoZS10ZWFt')
  t.notThrows(() => webhook.verify(question?.body ?? '', question?.headers as Record<string, string>))
})

test('the verifier may narrow the scope, never widen it', async (t) => {
  const narrow = await verifier(t, 200, '{"user":"u","scope":"read"}')
  const one = await backChannel(t, { settings: narrow.settings })
  t.is((await one.token({ ...ASK, scope: 'read write' })).json['scope'], 'read')
  t.is((await one.token({ ...ASK, scope: 'write' })).json['error'], 'invalid_scope', 'nothing is left')
  const wide = await verifier(t, 200, '{"user":"u","scope":"read write admin"}')
  const two = await backChannel(t, { settings: wide.settings })
  t.is((await two.token(ASK)).json['scope'], 'read')
  t.is((await two.token({ ...ASK, scope: undefined })).json['scope'], 'read write')
})

test('a 401 of the verifier is a wrong password', async (t) => {
  const { settings } = await verifier(t, 401, '')
  const channel = await backChannel(t, { settings })
  t.is((await channel.token(ASK)).json['error'], 'invalid_grant')
})

for (const [status, answer] of [
  [500, ''],
  [403, ''],
  [204, ''],
  [302, ''],
  [200, 'no JSON'],
  [200, '{}'],
  [200, '{"user":""}'],
  [200, '{"user":5}'],
  [200, '[]'],
  [200, `{"user":"${'x'.repeat(20_000)}"}`],
] as const) {
  test(`a verifier that says ${status} ${answer.slice(0, 14)} has not said no: 503`, async (t) => {
    const { settings } = await verifier(t, status, answer)
    const channel = await backChannel(t, { settings })
    const refused = await channel.token(ASK)
    t.is(refused.status, 503)
    t.is(refused.json['error'], 'temporarily_unavailable')
  })
}

test('a verifier that cannot be reached has not said no either', async (t) => {
  const passwordVerifier = { url: 'http://127.0.0.1:1/', sharedSecret: 'x' }
  const channel = await backChannel(t, { settings: { passwordVerifier } })
  t.is((await channel.token(ASK)).status, 503)
})

test('a scope that cannot be had is refused before the verifier is troubled', async (t) => {
  const { asked, settings } = await verifier(t, 200, '{"user":"u"}')
  const channel = await backChannel(t, { settings })
  t.is((await channel.token({ ...ASK, scope: 'admin' })).json['error'], 'invalid_scope')
  t.is(asked.length, 0)
})

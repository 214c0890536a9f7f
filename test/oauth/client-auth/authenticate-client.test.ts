import test from 'ava'
import { sha256 } from '../../../src/core/digest.ts'
import { newClientSecret } from '../../../src/oauth/client-auth/client-secret.ts'
import { APP, type BackChannel, backChannel, SECRET } from '../../_kit/back-channel.ts'

const CC = { grant_type: 'client_credentials' }
const BODY = { ...CC, client_id: 'app', client_secret: SECRET }

test('RFC 6749 §2.3.1: a client authenticates by Basic or in the body', async (t) => {
  const channel = await backChannel(t)
  t.is((await channel.token(CC, APP)).status, 200)
  t.is((await channel.token(BODY, '')).status, 200)
})

test('two ways at once are refused, even with the right secret in both', async (t) => {
  const channel = await backChannel(t)
  t.is((await channel.token(BODY, APP)).json['error'], 'invalid_request')
  t.is((await channel.token({ ...CC, client_secret: SECRET }, APP)).json['error'], 'invalid_request')
})

test('a client_id in the body may repeat the one in the header, not contradict it', async (t) => {
  const channel = await backChannel(t)
  t.is((await channel.token({ ...CC, client_id: 'app' }, APP)).status, 200)
  t.is((await channel.token({ ...CC, client_id: 'other' }, APP)).json['error'], 'invalid_request')
})

test('RFC 6749 §5.2: a failure is 401, with a challenge when the header was used', async (t) => {
  const channel = await backChannel(t)
  const header = await channel.token(CC, 'app:wrong')
  t.is(header.status, 401)
  t.is(header.json['error'], 'invalid_client')
  t.is(header.headers['www-authenticate'], 'Basic realm="Pets & more", charset="UTF-8"')
  const body = await channel.token({ ...BODY, client_secret: 'wrong' }, '')
  t.is(body.status, 401)
  t.is(body.headers['www-authenticate'], undefined)
  t.is((await channel.token(CC, '')).status, 401)
})

test('a realm with characters that a header cannot have is made safe', async (t) => {
  const channel = await backChannel(t, { api: { name: 'Ze "Pets"\r\nX: ä' } })
  const answer = await channel.token(CC, 'app:wrong')
  t.is(answer.headers['www-authenticate'], 'Basic realm="Ze \\"Pets\\"??X: ?", charset="UTF-8"')
})

test('unknown client, wrong secret, public client with a secret and foreign client get the same answer', async (t) => {
  const channel = await backChannel(t)
  await channel.addClient({ clientId: 'spa', type: 'public', secrets: [] })
  await channel.addClient({ clientId: 'odd', type: 'public' })
  await channel.addClient({ clientId: 'foreign', apis: ['birds'] })
  const wrong = await channel.token(CC, `app:${SECRET.replace('A', 'B')}`)
  for (const credentials of [
    `nobody:${SECRET}`,
    `spa:${SECRET}`,
    `odd:${SECRET}`,
    `foreign:${SECRET}`,
    'app:x',
    'app:',
  ]) {
    t.deepEqual(await channel.token(CC, credentials), wrong, credentials)
  }
  t.is(wrong.status, 401)
})

test('a confidential client cannot do without its secret', async (t) => {
  const channel = await backChannel(t)
  t.is((await channel.token({ ...CC, client_id: 'app' }, '')).json['error'], 'invalid_client')
})

test('public clients may not use client credentials', async (t) => {
  const channel = await backChannel(t, { client: { type: 'public', secrets: [] } })
  t.is((await channel.token({ ...CC, client_id: 'app' }, '')).json['error'], 'unauthorized_client')
  t.is((await channel.token(CC, 'app:')).json['error'], 'unauthorized_client')
})

test('credentials in the header are form-decoded; what is not encoded is taken as it stands', async (t) => {
  const channel = await backChannel(t)
  const chosen = 'a+b %20ü:c'
  const digest = await channel.services.passwords.hash(chosen)
  await channel.addClient({ clientId: 'my app', secrets: [{ digest, createdAt: 0 }] })
  const encoded = new URLSearchParams([['x', chosen]]).toString().slice(2)
  t.is((await channel.token(CC, `my+app:${encoded}`)).status, 200)
  t.is((await channel.token(CC, `my app:${chosen}`)).status, 200)
  const percent = await channel.services.passwords.hash('100%')
  await channel.addClient({ clientId: 'pct', secrets: [{ digest: percent, createdAt: 0 }] })
  t.is((await channel.token(CC, 'pct:100%')).status, 200)
})

test('a right secret that is sent without encoding is no guess, however often it is sent', async (t) => {
  const channel = await backChannel(t)
  const counted = await countedPasswords(channel)
  const digest = await channel.services.passwords.hash('pa+ss%21word')
  await channel.addClient({ clientId: 'my+app', secrets: [{ digest, createdAt: 0 }] })
  const before = counted()
  for (let request = 0; request < 20; request++) {
    t.is((await channel.token(CC, 'my+app:pa+ss%21word')).status, 200)
  }
  t.is(counted() - before, 2, 'both readings, once')
  for (let guess = 0; guess < 20; guess++) await channel.token(CC, 'my+app:wr+ong')
  t.is((await channel.token(CC, 'my+app:wr+ong')).status, 429)
  t.is((await channel.token(CC, 'my+app:pa+ss%21word')).status, 200, 'who is right is heard')
})

test('an Authorization header that cannot be read is a failed authentication', async (t) => {
  const channel = await backChannel(t)
  const { dispatch } = await import('../../../src/oauth/dispatch.ts')
  const { parseForm } = await import('../../../src/oauth/http.ts')
  for (const authorization of [
    '',
    'Basic',
    'Basic !!!',
    'Basic YXBw',
    'Bearer x',
    'Basic OnNlY3JldA==',
    `Basic ${'A'.repeat(9000)}`,
  ]) {
    const request = {
      method: 'POST',
      headers: { authorization },
      query: parseForm(''),
      body: parseForm('grant_type=client_credentials'),
      address: '',
    }
    const answer = await dispatch(request, channel.api, '/oauth/token', channel.services)
    t.is(answer.status, 401, authorization)
    t.truthy(answer.headers['www-authenticate'])
  }
})

test('two secrets live side by side until the old one ends', async (t) => {
  const channel = await backChannel(t)
  const fresh = newClientSecret(channel.services.random)
  await channel.addClient({
    secrets: [
      { digest: `sha256:${sha256(fresh)}`, createdAt: 0 },
      { digest: `sha256:${sha256(SECRET)}`, createdAt: 0, expiresAt: channel.clock.now() + 1000 },
    ],
  })
  t.is((await channel.token(CC, APP)).status, 200)
  t.is((await channel.token(CC, `app:${fresh}`)).status, 200)
  await channel.clock.advance(1000)
  t.is((await channel.token(CC, APP)).json['error'], 'invalid_client')
  t.is((await channel.token(CC, `app:${fresh}`)).status, 200)
})

test('a chosen secret is hashed once, then remembered for ten minutes', async (t) => {
  const channel = await backChannel(t)
  const counted = await countedPasswords(channel)
  t.is((await channel.token(CC, 'legacy:hunter2')).status, 200)
  t.is((await channel.token(CC, 'legacy:hunter2')).status, 200)
  t.is(counted(), 1)
  t.is((await channel.token(CC, 'legacy:hunter3')).json['error'], 'invalid_client')
  t.is(counted(), 2)
  await channel.clock.advance(10 * 60_000)
  t.is((await channel.token(CC, 'legacy:hunter2')).status, 200)
  t.is(counted(), 3)
})

test('an unknown client costs as much as a wrong secret: one slow hash for a chosen one, none for one of ours', async (t) => {
  const channel = await backChannel(t)
  const counted = await countedPasswords(channel)
  await channel.token(CC, 'nobody:hunter3')
  t.is(counted(), 1)
  await channel.token(CC, 'app:hunter3')
  t.is(counted(), 2)
  await channel.token(CC, `nobody:${SECRET}`)
  await channel.token(CC, `legacy:${SECRET}`)
  t.is(counted(), 2)
})

/** Registers `legacy` with the secret `hunter2` and counts the slow hashes from then on. */
async function countedPasswords(channel: BackChannel): Promise<() => number> {
  const { passwords } = channel.services
  const digest = await passwords.hash('hunter2')
  await channel.addClient({ clientId: 'legacy', secrets: [{ digest, createdAt: 0 }] })
  let count = 0
  const { verify } = passwords
  Object.assign(passwords, {
    verify: (password: string, stored: string | undefined) => {
      count += 1
      return verify(password, stored)
    },
  })
  return () => count
}

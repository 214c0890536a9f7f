import test from 'ava'
import { createFailureLimit } from '../../src/oauth/failure-limit.ts'
import { type BackChannel, backChannel, SECRET } from '../_kit/back-channel.ts'
import { handClock } from '../_kit/clock.ts'

const CC = { grant_type: 'client_credentials' }
const WRONG = `app:${SECRET.replace('A', 'B')}`

test('five failures are free, then each must wait twice as long, at most a minute', async (t) => {
  const clock = handClock()
  const limit = createFailureLimit(clock)
  const waits: number[] = []
  for (let count = 0; count < 15; count++) {
    limit.failed('x')
    waits.push(limit.wait('x') / 1000)
  }
  t.deepEqual(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60])
  t.is(limit.wait('y'), 0)
  await clock.advance(60_000)
  t.is(limit.wait('x'), 0)
  limit.failed('x')
  t.is(limit.wait('x'), 60_000)
  await clock.advance(15 * 60_000)
  limit.failed('x')
  t.is(limit.wait('x'), 0)
})

test('success forgives', (t) => {
  const limit = createFailureLimit(handClock())
  for (let count = 0; count < 10; count++) limit.failed('x')
  limit.succeeded('x')
  t.is(limit.wait('x'), 0)
})

test('who guesses a client’s secret gets 429 with Retry-After, for known and unknown clients alike', async (t) => {
  for (const credentials of [WRONG, `nobody:${SECRET}`, 'app:chosen', 'nobody:chosen']) {
    const channel = await backChannel(t)
    const statuses: number[] = []
    for (let count = 0; count < 8; count++) statuses.push((await channel.token(CC, credentials)).status)
    t.deepEqual(statuses, [401, 401, 401, 401, 401, 401, 429, 429], credentials)
    const refused = await channel.token(CC, credentials)
    t.is(refused.headers['retry-after'], '1')
    await channel.clock.advance(1000)
    t.is((await channel.token(CC, credentials)).status, 401)
  }
})

test('the client itself is heard all the while', async (t) => {
  const channel = await backChannel(t)
  await guess(channel, WRONG)
  t.is((await channel.token(CC)).status, 200)
})

test('a client with a chosen secret that was right lately is heard all the while', async (t) => {
  const channel = await backChannel(t)
  const digest = await channel.services.passwords.hash('hunter2')
  await channel.addClient({ clientId: 'legacy', secrets: [{ digest, createdAt: 0 }] })
  t.is((await channel.token(CC, 'legacy:hunter2')).status, 200)
  await guess(channel, 'legacy:hunter3')
  const { verify } = channel.services.passwords
  Object.assign(channel.services.passwords, { verify: () => t.fail('no password is hashed for who must wait') })
  t.is((await channel.token(CC, 'legacy:hunter3')).status, 429)
  t.is((await channel.token(CC, 'legacy:hunter2')).status, 200)
  Object.assign(channel.services.passwords, { verify })
  await channel.clock.advance(1000)
  t.is((await channel.token(CC, 'legacy:hunter3')).status, 401)
})

test('RFC 6749 §4.3.2: guessing a user’s password is slowed down, for that user alone', async (t) => {
  const channel = await backChannel(t)
  const ask = (username: string) => channel.token({ grant_type: 'password', username, password: 'x' })
  const statuses: number[] = []
  for (let count = 0; count < 8; count++) statuses.push((await ask('ann')).status)
  t.deepEqual(statuses, [400, 400, 400, 400, 400, 400, 429, 429])
  t.is((await ask('bob')).status, 400)
})

async function guess(channel: BackChannel, credentials: string): Promise<void> {
  for (let count = 0; count < 8; count++) await channel.token(CC, credentials)
}

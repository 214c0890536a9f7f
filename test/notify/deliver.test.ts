import test from 'ava'
import { Webhook } from 'standardwebhooks'
import { Webhook as Svix } from 'svix'
import { freshQueue } from '../../src/notify/delivery.ts'
import { status } from '../_kit/receiver.ts'
import { until } from '../_kit/until.ts'
import { notifyWorld, SECRET } from './world.ts'

const QUEUE = freshQueue('step-on.oauth.default')

test('an issued token is told to the receiver, signed so that standardwebhooks and svix accept it', async (t) => {
  const world = await notifyWorld(t)
  const { ids } = await world.issue({ scope: ['read', 'write'], code: 'the-code-0000000000' })
  await world.receiver.arrived(1)
  const [got] = world.receiver.received
  if (!got) return t.fail()
  t.is(got.method, 'POST')
  t.is(got.headers['content-type'], 'application/json')
  t.is(got.id, ids[0] ?? '')
  t.regex(got.id, /^msg_[A-Za-z0-9_-]{22}$/)
  const headers = got.headers as Record<string, string>
  t.deepEqual(new Webhook(SECRET).verify(got.body, headers), JSON.parse(got.body))
  t.notThrows(() => new Svix(SECRET).verify(got.body, headers))
  t.like(JSON.parse(got.body), {
    auth_code: 'the-code-0000000000',
    old_refresh_token: '',
    notification_type: 'new',
    type: 'oauth.token.issued',
    timestamp: new Date(world.clock.now()).toISOString(),
    data: { api_id: 'step-on', client_id: 'app', user: 'alice', scope: 'read write', grant_type: 'authorization_code' },
  })
  await until(async () => (await world.store.queueState(QUEUE)).length === 0)
})

test('a failed attempt is repeated by the schedule with the same id and bytes and a signature of its own time', async (t) => {
  const world = await notifyWorld(t)
  world.receiver.reply = status(500)
  await world.issue()
  await world.receiver.arrived(1)
  await until(async () => ((await world.store.queueState(QUEUE)).nextDueAt ?? 0) < world.clock.now() + 10_000)
  await world.clock.advance(3000)
  t.is(world.receiver.received.length, 1)
  world.receiver.reply = status(200)
  await world.clock.advance(3500)
  await world.receiver.arrived(2)
  const [first, second] = world.receiver.received
  t.is(first?.id, second?.id)
  t.is(first?.body, second?.body)
  t.not(first?.headers['webhook-timestamp'], second?.headers['webhook-timestamp'])
  t.not(first?.headers['webhook-signature'], second?.headers['webhook-signature'])
  await until(async () => (await world.store.queueState(QUEUE)).length === 0)
})

import test from 'ava'
import { freshQueue, partitionOfDelivery } from '../../src/notify/delivery.ts'
import { clientChanged, grantRevoked } from '../../src/notify/event.ts'
import { notifyWorld, tokenEvent } from './world.ts'

test('the job is part of the commit: when that conflicts, nobody is told', async (t) => {
  const world = await notifyWorld(t)
  const announcement = world.announcer.announce(3, tokenEvent(world.clock.now()))
  const key = { kind: 'x', partition: 3, id: 'a' }
  const outcome = await world.store.commit({
    partition: 3,
    guards: [{ key, version: 9 }],
    enqueue: announcement.enqueue,
  })
  t.false(outcome.ok)
  world.announcer.wake()
  await world.pass(20_000, 1000)
  t.is(world.receiver.received.length, 0)
})

test('ids are unique and name their partition', async (t) => {
  const world = await notifyWorld(t)
  const ids = Array.from({ length: 500 }, (_, index) => {
    const [job] = world.announcer.announce(index % 32, tokenEvent(0)).enqueue
    t.is(partitionOfDelivery(job?.id ?? ''), index % 32)
    return job?.id
  })
  t.is(new Set(ids).size, 500)
})

test('tokens of the client credentials grant are told only when asked for', async (t) => {
  const event = { grantType: 'client_credentials' }
  const silent = await notifyWorld(t)
  t.deepEqual((await silent.issue(event)).ids, [])
  const world = await notifyWorld(t, { clientCredentials: true })
  t.is((await world.issue(event)).ids.length, 1)
})

test('each endpoint gets the events it asks for, under an id of its own', async (t) => {
  const world = await notifyWorld(t)
  world.configure({
    endpoints: [
      { name: 'audit', url: world.receiver.url.replace('/hook', '/audit'), events: ['*'], includeTokens: false },
      { name: 'clients', url: world.receiver.url.replace('/hook', '/clients'), events: ['oauth.client.created'] },
    ],
  })
  const at = world.clock.now()
  await world.issue()
  await world.announce(clientChanged('created', { clientId: 'app', type: 'public', apis: ['step-on', 'other'] }, at))
  const grant = {
    id: 'g',
    api: 'step-on',
    scheme: 'oauth',
    clientId: 'app',
    subject: 'alice',
    scope: [],
    grantType: 'password',
  }
  await world.announce(grantRevoked(grant, 'refresh_replay', at))
  await world.receiver.arrived(5)
  await world.quiet()
  const seen = world.receiver.received.map(({ path, body }) => `${path} ${JSON.parse(body).type}`).sort()
  t.deepEqual(seen, [
    '/audit oauth.client.created',
    '/audit oauth.grant.revoked',
    '/audit oauth.token.issued',
    '/clients oauth.client.created',
    '/hook oauth.token.issued',
  ])
  t.is(new Set(world.receiver.received.map(({ id }) => id)).size, 5)
  const audit = world.receiver.received.find(({ body, path }) => path === '/audit' && body.includes('token.issued'))
  t.false(audit?.body.includes('canary'), 'ids instead of tokens')
  t.is(world.receiver.received.find(({ body }) => body.includes('refresh_replay'))?.path, '/audit')
})

test('a full outbox refuses the commit when the policy is to refuse, and there is room again after a delivery', async (t) => {
  const world = await notifyWorld(t, { capacity: 3, atCapacity: 'refuse' })
  world.receiver.reply = (response) => response.writeHead(500).end()
  for (let turn = 0; turn < 3; turn++) t.true((await world.issue()).outcome.ok)
  const { outcome } = await world.issue()
  t.like(outcome, { ok: false, reason: 'full', queue: freshQueue('step-on.oauth.default') })
  world.receiver.reply = (response) => response.writeHead(204).end()
  await world.pass(60_000, 1000)
  t.true((await world.issue()).outcome.ok)
})

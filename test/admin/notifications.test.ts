import test, { type ExecutionContext } from 'ava'
import { notificationEndpointRoutes } from '../../src/admin/resources/notification-endpoints.ts'
import { notificationRoutes } from '../../src/admin/resources/notifications.ts'
import { adminApi } from '../_kit/admin-api.ts'
import { status } from '../_kit/receiver.ts'
import { operated } from '../notify/operated.ts'

const ENDPOINT = 'step-on.oauth.default'
type Row = Readonly<Record<string, unknown>>

async function world(t: ExecutionContext, settings: Record<string, unknown> = {}) {
  const notified = await operated(t, settings)
  const { notifications } = notified
  const more = [...notificationEndpointRoutes(notifications), ...notificationRoutes(notifications)]
  const { call, lines } = await adminApi(t, { more })
  const rows = async (path: string): Promise<readonly Row[]> => (await call('GET', path)).json['data'] as readonly Row[]
  return { ...notified, issue: notified.issue, receiver: notified.receiver, call, auditLines: lines, rows }
}

test('notifications are listed, filtered and paged, without bodies and tokens', async (t) => {
  const { issue, quiet, rows, call } = await world(t)
  for (let turn = 0; turn < 5; turn++) await issue({ clientId: turn < 2 ? 'one' : 'two' })
  await quiet()
  const all = await rows('/api/notifications')
  t.is(all.length, 5)
  t.like(all[0], {
    endpoint: ENDPOINT,
    api_id: 'step-on',
    type: 'oauth.token.issued',
    state: 'delivered',
    attempt_count: 1,
  })
  t.is((await rows('/api/notifications?client_id=one')).length, 2)
  t.is((await rows('/api/notifications?state=dead')).length, 0)
  t.is((await rows(`/api/notifications?endpoint=${ENDPOINT}&state=delivered&since=2020-01-01T00:00:00Z`)).length, 5)
  const page = await call('GET', '/api/notifications?limit=3')
  t.is((page.json['data'] as unknown[]).length, 3)
  t.is((await rows(`/api/notifications?limit=3&after=${page.json['next']}`)).length, 2)
  t.false((await call('GET', '/api/notifications')).text.includes('canary'))
  for (const wrong of ['state=lost', 'since=yesterday', 'limit=0', 'type=x']) {
    t.regex(String((await call('GET', `/api/notifications?${wrong}`)).status), /^4(?:00|22)$/, wrong)
  }
})

test('one notification shows every attempt with status, latency and the beginning of the answer', async (t) => {
  const { issue, quiet, call, receiver } = await world(t)
  receiver.reply = (response) => response.writeHead(500).end('broken pipe')
  const { ids } = await issue()
  await quiet()
  const { json } = await call('GET', `/api/notifications/${ids[0]}`)
  t.like(json, { id: ids[0], state: 'retrying', attempts: [{ status: 500, answer: 'broken pipe' }] })
  t.is((await call('GET', '/api/notifications/msg_AAAAAAAAAAAAAAAAAAAAAA')).status, 404)
})

test('a replay is asked for by id or by filter, and audited', async (t) => {
  const { issue, quiet, call, receiver, auditLines } = await world(t)
  const { ids } = await issue()
  await quiet()
  t.is((await call('POST', `/api/notifications/${ids[0]}/replay`)).status, 202)
  await receiver.arrived(2)
  await quiet()
  t.is((await call('POST', '/api/notifications/msg_AAAAAAAAAAAAAAAAAAAAAA/replay')).status, 404)
  const many = await call('POST', '/api/notifications/replay', { body: { state: 'delivered', endpoint: ENDPOINT } })
  t.is(many.status, 202)
  t.like(many.json, { replayed: 1 })
  await receiver.arrived(3)
  t.is((await call('POST', '/api/notifications/replay', { body: { states: 'dead' } })).status, 422)
  t.true(auditLines.some((line) => JSON.stringify(line).includes('notification.replay')))
})

test('receivers are listed with their condition; a secret in the query of a URL is not shown', async (t) => {
  const { issue, pass, rows, call, receiver, configure } = await world(t)
  configure({ onKeyChangeUrl: `${receiver.url}?key=canary-key` })
  receiver.reply = status(500)
  for (let turn = 0; turn < 8; turn++) await issue()
  await pass(2000, 1000)
  const [row] = await rows('/api/notifications/endpoints')
  t.like(row, {
    id: ENDPOINT,
    live: true,
    url: receiver.url,
    state: 'waiting',
    undelivered: 8,
    at_capacity: 'drop_oldest',
  })
  t.true(typeof row?.['oldest_undelivered_at'] === 'string' && typeof row['next_probe_at'] === 'string')
  t.false((await call('GET', '/api/notifications/endpoints')).text.includes('canary'))
  t.is((await call('GET', '/api/notifications/endpoints/nobody')).status, 404)
})

test('an endpoint that signs with Ed25519 is shown with its public key', async (t) => {
  const { rows, configure } = await world(t)
  t.false('public_key' in ((await rows('/api/notifications/endpoints'))[0] ?? {}))
  configure({ ed25519: {} })
  t.regex(String((await rows('/api/notifications/endpoints'))[0]?.['public_key']), /^whpk_[A-Za-z0-9+/]{43}=$/)
})

test('an endpoint is tested, disabled and enabled', async (t) => {
  const { call, receiver, issue, pass } = await world(t)
  const tested = await call('POST', `/api/notifications/endpoints/${ENDPOINT}/test`)
  t.is(tested.status, 202)
  await receiver.arrived(1)
  t.is(receiver.received[0]?.id, String(tested.json['id']))
  const disabled = await call('POST', `/api/notifications/endpoints/${ENDPOINT}/disable`)
  t.like(disabled.json, { state: 'disabled', disabled: { reason: 'operator' } })
  const { ids } = await issue()
  await pass(6000, 1000)
  t.is((await call('POST', `/api/notifications/${ids[0]}/replay`)).status, 409)
  t.is((await call('POST', `/api/notifications/endpoints/${ENDPOINT}/enable`)).json['state'], 'ok')
  t.is((await call('POST', `/api/notifications/${ids[0]}/replay`)).status, 202)
  await receiver.arrived(2)
  for (const action of ['test', 'enable', 'disable']) {
    t.is((await call('POST', `/api/notifications/endpoints/nobody/${action}`)).status, 404)
  }
})

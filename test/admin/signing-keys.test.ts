import test from 'ava'
import { adminApi } from '../_kit/admin-api.ts'

test('signing keys are listed with their state, rotated out of turn, and forgotten with what they have signed', async (t) => {
  const world = await adminApi(t, { settings: { accessTokenFormat: 'jwt' } })
  const keys = async () => (await world.call('GET', '/api/signing-keys')).json['data'] as Record<string, string>[]
  const token = async () => String((await world.token({ grant_type: 'client_credentials' })).json['access_token'])
  const first = await token()
  const [only, ...none] = await keys()
  t.like(only, { state: 'active' })
  t.deepEqual([Object.keys(only ?? {}), none], [['kid', 'state', 'created_at', 'active_at'], []])
  t.is((await world.call('POST', '/api/signing-keys/rotate')).status, 200)
  t.deepEqual(
    (await keys()).map(({ state }) => state),
    ['retired', 'active'],
  )
  const second = await token()
  t.true((await world.alive(first)) && (await world.alive(second)))
  t.is((await world.call('DELETE', `/api/signing-keys/${only?.['kid']}`)).status, 204)
  t.is((await world.call('DELETE', `/api/signing-keys/${only?.['kid']}`)).status, 404)
  t.false(await world.alive(first))
  t.true(await world.alive(second))
  t.true(world.lines.some((line) => line['action'] === 'signing-key.delete' && line['key'] === only?.['kid']))
})

test('an identity server’s key may call as often in a minute as it was made for', async (t) => {
  const world = await adminApi(t)
  const body = { name: 'login page', apis: ['pets'], role: 'identity-server', rate_limit: 3 }
  const made = await world.call('POST', '/api/keys', { body })
  t.is(made.json['rate_limit'], 3)
  const show = () =>
    world.call('GET', '/api/apis/pets/authorize-client?login_challenge=x', { authorization: String(made.json['key']) })
  for (let count = 0; count < 3; count++) t.is((await show()).status, 400)
  const refused = await show()
  t.is(refused.status, 429)
  t.regex(String(refused.headers['retry-after']), /^[1-9]\d?$/)
  await world.clock.advance(120_000)
  t.is((await show()).status, 400)
})

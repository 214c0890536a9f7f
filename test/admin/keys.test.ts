import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import test from 'ava'
import { adminKeyKey } from '../../src/admin/keys/admin-key.ts'
import { type AdminApi, adminApi } from '../_kit/admin-api.ts'
import { CHALLENGE } from '../_kit/back-channel.ts'

const AUTHORIZE = '/api/apis/oauth/pets/authorize-client'
const FORM = new URLSearchParams({
  response_type: 'code',
  client_id: 'app',
  redirect_uri: 'https://app.test/cb',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
  user: 'ann',
}).toString()

async function identityServerKey({ call }: AdminApi, apis: readonly string[] = ['pets']) {
  const made = await call('POST', '/api/keys', { body: { name: 'login page', apis, role: 'identity-server' } })
  return { made, id: String(made.json['id']), key: String(made.json['key']) }
}

test('an identity server’s key is shown once, stored as a digest, and can authorize clients of its APIs', async (t) => {
  const world = await adminApi(t)
  const { made, id, key } = await identityServerKey(world)
  t.is(made.status, 201)
  t.regex(key, /^gak_[A-Za-z0-9_-]{65}$/)
  t.is((await world.call('POST', AUTHORIZE, { body: FORM, authorization: `Bearer ${key}` })).status, 200)
  t.is((await world.call('POST', AUTHORIZE, { body: FORM, authorization: key })).status, 200)
  const got = await world.call('GET', `/api/keys/${id}`)
  const listed = await world.call('GET', '/api/keys')
  const stored = JSON.stringify(await world.store.get([adminKeyKey(id)]))
  for (const text of [got.text, listed.text, stored, JSON.stringify(world.lines)]) t.false(text.includes(key))
  t.is((listed.json['data'] as unknown[]).length, 1)
})

test('the key that the README asks for is made as it stands there', async (t) => {
  const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8')
  const asked = /`POST \/api\/keys` with\s+`(\{[^`]*\})`/.exec(readme)?.[1] ?? ''
  const { call } = await adminApi(t)
  const body = { ...(JSON.parse(asked) as object), apis: ['pets'] }
  t.is((await call('POST', '/api/keys', { body })).status, 201)
})

test('an identity server’s key can do nothing else', async (t) => {
  const world = await adminApi(t)
  const { id, key } = await identityServerKey(world)
  for (const [method, path] of [
    ['GET', '/api/apis'],
    ['GET', '/api/apis/pets'],
    ['GET', '/api/apis/pets/status'],
    ['GET', '/api/apis/oauth/pets'],
    ['POST', '/api/apis/oauth/pets'],
    ['GET', '/api/apis/oauth/pets/app'],
    ['DELETE', '/api/apis/oauth/pets/app'],
    ['POST', '/api/apis/oauth/pets/app/rotate'],
    ['POST', '/api/apis/oauth/app/revoke_all'],
    ['GET', '/api/users'],
    ['POST', '/api/keys'],
    ['POST', `/api/keys/${id}/rotate`],
    ['GET', '/ready'],
  ] as const) {
    const answer = await world.call(method, path, { authorization: key, ...(method === 'GET' ? {} : { body: {} }) })
    t.is(answer.status, 403, `${method} ${path}`)
  }
})

test('a key of one API is no key of another', async (t) => {
  const world = await adminApi(t)
  const { key } = await identityServerKey(world, ['birds'])
  for (const path of [AUTHORIZE, '/api/apis/pets/authorize-client', '/api/apis/oauth/authorize-client']) {
    t.is((await world.call('POST', path, { body: FORM, authorization: key })).status, 403, path)
  }
})

test('a rotated key lives through its grace, a removed one dies at once', async (t) => {
  const world = await adminApi(t)
  const { id, key } = await identityServerKey(world)
  const tryKey = async (authorization: string) =>
    (await world.call('POST', AUTHORIZE, { body: FORM, authorization })).status
  const rotated = await world.call('POST', `/api/keys/${id}/rotate`, { body: { grace: '10m' } })
  const next = String(rotated.json['key'])
  t.deepEqual([await tryKey(key), await tryKey(next)], [200, 200])
  await world.clock.advance(600_000)
  t.deepEqual([await tryKey(key), await tryKey(next)], [401, 200])
  t.is((await world.call('DELETE', `/api/keys/${id}`)).status, 204)
  t.is(await tryKey(next), 401)
  t.is((await world.call('POST', `/api/keys/${id}/rotate`)).status, 404)
  t.is((await world.call('DELETE', `/api/keys/${id}`)).status, 404)
  t.deepEqual((await world.call('GET', '/api/keys')).json, { data: [] })
})

test('what a key does is told with its name in the audit log', async (t) => {
  const world = await adminApi(t)
  const { id, key } = await identityServerKey(world)
  await world.call('POST', AUTHORIZE, { body: FORM, authorization: key })
  const line = world.lines.find(({ action }) => action === 'authorize-client')
  t.deepEqual([line?.['actor'], line?.['key'], line?.['keyName']], ['identity-server', id, 'login page'])
})

test('a key needs a name, a role and APIs that exist; an altered or made-up key is no key', async (t) => {
  const world = await adminApi(t)
  const good = { name: 'x', role: 'identity-server', apis: ['pets'] }
  for (const wrong of [{ name: '' }, { role: 'admin' }, { apis: [] }, { apis: ['nothing'] }, { expires: 1 }]) {
    t.is((await world.call('POST', '/api/keys', { body: { ...good, ...wrong } })).status, 422, JSON.stringify(wrong))
  }
  const { key } = await identityServerKey(world)
  for (const authorization of [
    `${key}x`,
    key.slice(0, -1),
    key.replace(/.$/, key.endsWith('A') ? 'B' : 'A'),
    `gak_${'A'.repeat(65)}`,
  ]) {
    t.is((await world.call('POST', AUTHORIZE, { body: FORM, authorization })).status, 401)
  }
})

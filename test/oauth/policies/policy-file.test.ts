import { mkdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { adminCall } from '../../_kit/agent.ts'
import { gatewayFor } from '../../_kit/gateway.ts'
import { until } from '../../_kit/until.ts'

const document = {
  openapi: '3.0.3',
  info: { title: 'Pets', version: '1' },
  paths: {},
  'x-gateway': { server: { listenPath: { value: '/pets/' } }, upstream: { url: 'http://127.0.0.1:9' } },
}

const POLICIES = `
policies:
  gold:
    name: Gold
    access: [{ api: pets }]
    rate_limit: { rate: 100, per: 1m }
  silver: { active: false }
`

test('policies stand in a file beside the documents; what is saved there holds, what is removed closes', async (t) => {
  const gateway = await gatewayFor(t, { documents: { 'pets.json': document, 'policies.yaml': POLICIES } })
  const policies = async () => {
    const { json } = await adminCall(gateway, 'GET', '/api/policies')
    return json['data'] as readonly Record<string, unknown>[]
  }
  const names = async () => (await policies()).map(({ id, name, source }) => `${id} ${name ?? '-'} ${source}`).sort()
  t.deepEqual(await names(), ['gold Gold file', 'silver - file'])
  t.like(
    (await policies()).find(({ id }) => id === 'gold'),
    { rate_limit: [{ rate: 100, per: '1m', by: 'client' }] },
  )

  await adminCall(gateway, 'POST', '/api/policies', { id: 'own', name: 'Own' })
  t.is((await adminCall(gateway, 'PUT', '/api/policies/gold', { name: 'x' })).status, 409, 'changed in its file only')
  t.is((await adminCall(gateway, 'DELETE', '/api/policies/gold')).status, 409)

  gateway.write('policies.yaml', POLICIES.replace('Gold', 'Golden').replace('  silver: { active: false }\n', ''))
  await until(async () => (await names()).join() === 'gold Golden file,own Own api')

  gateway.write('policies.yaml', 'policies:\n  gold:\n    acess: []\n')
  await until(async () =>
    gateway.log.some(({ fields }) => fields['line'] === 3 && /acess/.test(String(fields['error']))),
  )
  t.deepEqual(await names(), ['gold Golden file', 'own Own api'], 'a file that makes no sense changes nothing')

  rmSync(join(gateway.folder, 'policies.yaml'))
  mkdirSync(join(gateway.folder, 'policies.yaml'))
  await until(() => gateway.log.some(({ fields }) => /not a regular file/.test(String(fields['error']))))
  t.deepEqual(await names(), ['gold Golden file', 'own Own api'], 'nor does one that cannot be read')

  rmdirSync(join(gateway.folder, 'policies.yaml'))
  await until(async () => (await names()).join() === 'own Own api')
})

test('the policy file is no document, and nobody remarks on it', async (t) => {
  const gateway = await gatewayFor(t, { documents: { 'pets.json': document, 'policies.yaml': POLICIES } })
  const { json } = await adminCall(gateway, 'GET', '/api/apis')
  t.is((json['data'] as unknown[]).length, 1)
  t.false(JSON.stringify(gateway.log).includes('GW5003'))
})

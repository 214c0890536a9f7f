import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readConsumers } from '../../../src/admin/declared/read-consumers.ts'
import type { GatewayDeps } from '../../../src/app.ts'
import { pooledRandom } from '../../../src/core/random.ts'
import { adminCall } from '../../_kit/admin-call.ts'
import { handClock } from '../../_kit/clock.ts'
import { gatewayFor } from '../../_kit/gateway.ts'
import { until } from '../../_kit/until.ts'

const api = {
  openapi: '3.1.0',
  info: { title: 'Shop', version: '1' },
  paths: {},
  components: {
    securitySchemes: {
      oauth: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: '/token', scopes: { a: '' } } } },
    },
  },
  'x-gateway': {
    server: {
      listenPath: { value: '/shop/' },
      authentication: { enabled: true, securitySchemes: { oauth: { enabled: true } } },
    },
    upstream: { url: 'http://127.0.0.1:1' },
  },
}

const file = (applications: string, more = '') => `consumers:
  - username: shoeflyshoe
    custom_id: SFS1
    tags: [partner]
    applications:
${applications}
${more}`

const SHOE = `      - client_id: shoe
        name: Shoe Fly Shoe
        client_secret: env:SHOE_SECRET
        redirect_uris: [https://shoe.example/cb]`

async function tokenAt(url: string, clientId: string, secret: string): Promise<string | undefined> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret })
  const answer = await fetch(`${url}/shop/token`, { method: 'POST', body })
  return ((await answer.json()) as { access_token?: string }).access_token
}

const worksAt = async (url: string, access: string | undefined): Promise<boolean> =>
  (await fetch(`${url}/shop/x`, { headers: { authorization: `Bearer ${access}` } })).status !== 401

function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'declared-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function served(t: ExecutionContext, consumers: string, deps: Partial<GatewayDeps> = {}) {
  const clock = handClock()
  const secrets = new Map([['SHOE_SECRET', 'the-shoe-secret']])
  const gateway = await gatewayFor(t, {
    documents: { 'shop.json': api, 'consumers.yaml': consumers },
    deps: { clock, environment: (name) => secrets.get(name), ...deps },
  })
  const admin = (method: string, path: string, body?: object) => adminCall(gateway, method, path, body)
  const token = (clientId: string, secret: string) => tokenAt(gateway.url, clientId, secret)
  const works = (access: string | undefined) => worksAt(gateway.url, access)
  /** Writes the file, and waits until the gateway has looked at it. */
  const write = async (text: string) => {
    gateway.write('consumers.yaml', text)
    await looked()
  }
  const said = () => gateway.log.filter(({ message }) => message.includes('the file of consumers')).length
  const looked = async () => {
    const before = said()
    await until(async () => {
      await clock.advance(250)
      return said() > before
    })
  }
  return { gateway, clock, admin, token, works, write, looked, secrets }
}

test('P1: consumers and applications stand in a file beside the documents; editing it changes them in place', async (t) => {
  const { admin, token, works, write } = await served(t, file(SHOE))
  const consumer = (await admin('GET', '/consumers/shoeflyshoe')).json
  t.is(consumer['custom_id'], 'SFS1')
  const access = await token('shoe', 'the-shoe-secret')
  t.true(await works(access))
  t.is((await admin('GET', '/api/apis/oauth/shop/shoe')).status, 200, 'it is a client like any other')

  await write(file(SHOE.replace('Shoe Fly Shoe', 'Shoe Shop')))
  t.is((await admin('GET', '/oauth2/shoe')).json['name'], 'Shoe Shop')
  t.is((await admin('GET', '/consumers/shoeflyshoe')).json['id'], consumer['id'])
  t.true(await works(access), 'its tokens live on')
  t.truthy(await token('shoe', 'the-shoe-secret'))
})

test('what vanishes from the file is removed with its tokens; a file that is gone removes nothing', async (t) => {
  const { admin, token, works, write, looked, gateway } = await served(t, file(SHOE))
  const access = await token('shoe', 'the-shoe-secret')
  rmSync(join(gateway.folder, 'consumers.yaml'))
  await looked()
  t.true(await works(access))
  t.true(gateway.log.some(({ level, message }) => level === 'warn' && message.includes('file of consumers is gone')))
  await write(file('      []'))
  t.is((await admin('GET', '/oauth2/shoe')).status, 404)
  t.false(await works(access))
  t.is((await admin('GET', '/consumers/shoeflyshoe')).status, 200)
  await write('consumers: []')
  t.is((await admin('GET', '/consumers/shoeflyshoe')).status, 404)
})

test('a file with an error changes nothing at all, and the log says where it is', async (t) => {
  const { admin, write, gateway } = await served(t, file(SHOE))
  await write(file(SHOE.replace('name:', 'nmae:'), '  - username: new'))
  t.is((await admin('GET', '/consumers/new')).status, 404)
  t.is((await admin('GET', '/oauth2/shoe')).json['name'], 'Shoe Fly Shoe')
  const line = gateway.log.find(({ message }) => message === 'the file of consumers has errors')
  const found = line?.fields['diagnostics'] as { code: string; line: number; message: string }[]
  t.true(found.some(({ code, line: at, message }) => code === 'GW2101' && at === 7 && message.includes('nmae')))
})

test('what the file declares is changed in the file only; what is registered otherwise is never taken over', async (t) => {
  const { admin, write, gateway } = await served(t, file(SHOE))
  for (const [method, path] of [
    ['PATCH', '/consumers/shoeflyshoe'],
    ['DELETE', '/consumers/shoeflyshoe'],
    ['PATCH', '/oauth2/shoe'],
    ['DELETE', '/oauth2/shoe'],
    ['PUT', '/api/apis/oauth/shop/shoe'],
    ['DELETE', '/api/apis/oauth/shop/shoe'],
    ['POST', '/api/apis/oauth/shop/shoe/rotate'],
  ] as const) {
    const answer = await admin(method, path, {})
    t.is(answer.status, 409, `${method} ${path} ${answer.text}`)
    t.regex(String(answer.json['detail']), /file of consumers/)
  }
  await admin('POST', '/consumers', { username: 'mine' })
  await admin('POST', '/consumers/mine/oauth2', { name: 'Mine', client_id: 'my-app', client_secret: 'my-secret' })
  await write(
    file(
      SHOE,
      `  - username: mine\n  - username: other\n    applications:\n${SHOE.replace('client_id: shoe', 'client_id: my-app')}`,
    ),
  )
  const line = gateway.log.find(({ message }) => message === 'the file of consumers has errors')
  const found = line?.fields['diagnostics'] as { code: string; line: number }[]
  t.deepEqual(
    found.map(({ code, line: at }) => [code, at]),
    [
      ['GW3401', 10],
      ['GW3401', 13],
    ],
  )
  t.is((await admin('GET', '/oauth2/my-app')).json['name'], 'Mine')
  await write('consumers: []')
  t.is((await admin('GET', '/consumers/mine')).status, 200)
})

test('what is saved while the file is being applied is applied next, also when what was applied refers to another file', async (t) => {
  const secretFile = join(mkdtempSync(join(tmpdir(), 'declared-')), 'secret')
  t.teardown(() => rmSync(dirname(secretFile), { recursive: true, force: true }))
  writeFileSync(secretFile, 'the-filed-secret')
  const draw = pooledRandom()
  let isRead = false
  let save = (): void => undefined
  const { gateway, admin, clock } = await served(t, 'consumers: []', {
    environment: (name) => {
      isRead ||= name === 'SHOE_SECRET'
      return name === 'SHOE_SECRET' ? 'the-shoe-secret' : undefined
    },
    random: (size) => {
      if (isRead) save() // what is drawn after the file was read is the id of its consumer
      return draw(size)
    },
  })
  save = () => {
    save = () => undefined
    gateway.write('consumers.yaml', file(SHOE.replace('Shoe Fly Shoe', 'Saved Meanwhile')))
  }
  gateway.write('consumers.yaml', file(SHOE.replace('env:SHOE_SECRET', `[env:SHOE_SECRET, 'file:${secretFile}']`)))
  const names = new Set<unknown>()
  await until(async () => {
    await clock.advance(250)
    names.add((await admin('GET', '/oauth2/shoe')).json['name'])
    return names.has('Saved Meanwhile')
  })
  t.true(names.has('Shoe Fly Shoe'), 'what was saved before was applied first')
})

test('a name that belongs to somebody else is an error, and then nothing at all is changed', async (t) => {
  const { admin, token, works, write } = await served(t, file(SHOE))
  const access = await token('shoe', 'the-shoe-secret')
  t.is((await admin('POST', '/consumers', { username: 'other', custom_id: 'SFS2' })).status, 201)
  const clashing = file(SHOE.replace('Shoe Fly Shoe', 'Shoe Shop'), '  - username: new').replace('SFS1', 'SFS2')
  await write(clashing)
  t.true(await works(access), 'its tokens live on')
  t.is((await admin('GET', '/consumers/shoeflyshoe')).json['custom_id'], 'SFS1')
  t.is((await admin('GET', '/oauth2/shoe')).json['name'], 'Shoe Fly Shoe')
  t.is((await admin('GET', '/consumers/new')).status, 404, 'what stands beside it is not put either')
  await write(clashing.replace('SFS2', 'SFS3'))
  t.true(await works(access))
  t.is((await admin('GET', '/consumers/shoeflyshoe')).json['custom_id'], 'SFS3')
  t.is((await admin('GET', '/consumers/new')).status, 200)
})

test('a client id that belongs to somebody else is an error, and then nothing at all is changed', async (t) => {
  const { admin, token, works, write } = await served(t, file(SHOE))
  const access = await token('shoe', 'the-shoe-secret')
  await admin('POST', '/consumers', { username: 'mine' })
  await admin('POST', '/consumers/mine/oauth2', { name: 'Mine', client_id: 'my-app', client_secret: 'my-secret' })
  await write(file(SHOE.replace('client_id: shoe', 'client_id: my-app')))
  t.true(await works(access))
  t.is((await admin('GET', '/oauth2/shoe')).status, 200)
})

test('a name may move to an entry further down in the file', async (t) => {
  const { admin, token, works, write } = await served(t, file(SHOE, '  - username: other'))
  const access = await token('shoe', 'the-shoe-secret')
  await write(file(SHOE, '  - username: other\n    custom_id: SFS1').replace('    custom_id: SFS1\n', ''))
  t.is((await admin('GET', '/consumers/other')).json['custom_id'], 'SFS1')
  t.true(await works(access))
})

test('a gateway that starts with a broken document takes nothing away that another one still serves', async (t) => {
  const store = `sqlite:${join(temporaryFolder(t), 'store.db')}`
  const deps = { environment: () => 'the-shoe-secret' }
  const documents = { 'shop.json': api, 'consumers.yaml': file(SHOE) }
  const healthy = await gatewayFor(t, { documents, settings: { store }, deps })
  const at = async (path: string) => (await adminCall(healthy, 'GET', path)).status
  const access = await tokenAt(healthy.url, 'shoe', 'the-shoe-secret')
  t.true(await worksAt(healthy.url, access))

  const broken = { ...api, components: { securitySchemes: 7 } }
  const other = await gatewayFor(t, { documents: { ...documents, 'shop.json': broken }, settings: { store }, deps })
  t.is(await at('/api/apis/oauth/shop/shoe'), 200)
  t.true(await worksAt(healthy.url, access), 'its tokens live on')
  t.truthy(await tokenAt(healthy.url, 'shoe', 'the-shoe-secret'))

  const twin = { ...api, info: { title: 'Twin', version: '1' } }
  other.write('shop.json', { ...twin, 'x-gateway': { ...twin['x-gateway'], info: { id: 'twin' } } })
  await until(async () => (await adminCall(other, 'GET', '/api/apis/oauth/twin/shoe')).status === 200)
  await until(async () => (await at('/api/apis/oauth/shop/shoe')) === 404)
  t.pass('once its documents are up, they say what there is')
})

test('two secrets live during a rotation', async (t) => {
  const { token, write, secrets } = await served(t, file(SHOE))
  secrets.set('NEW', 'the-new-secret')
  await write(file(SHOE.replace('env:SHOE_SECRET', '[env:NEW, env:SHOE_SECRET]')))
  t.truthy(await token('shoe', 'the-shoe-secret'))
  t.truthy(await token('shoe', 'the-new-secret'))
  await write(file(SHOE.replace('env:SHOE_SECRET', 'env:NEW')))
  t.is(await token('shoe', 'the-shoe-secret'), undefined)
  t.truthy(await token('shoe', 'the-new-secret'))
})

test('every fault of the file has its position', (t) => {
  const context = { publicUrl: '', policies: new Map(), environment: () => undefined, readFile: () => undefined }
  const faults = (text: string) =>
    readConsumers('consumers.yaml', text, context).diagnostics.map(({ code, line }) => `${code}:${line}`)
  t.deepEqual(faults('consumers: []'), [])
  t.deepEqual(faults('consumers:\n  - username: a\n  - username: a'), ['GW3402:3'])
  t.deepEqual(faults('consumers:\n  - tags: [x]'), ['GW2102:2'])
  t.deepEqual(faults(file(SHOE)), ['GW1301:8'])
  t.deepEqual(faults(file(SHOE.replace('env:SHOE_SECRET', 'literal'))), ['GW1302:8'])
  t.deepEqual(faults(file(SHOE.replace('        client_secret: env:SHOE_SECRET\n', ''))), ['GW2102:6'])
  t.deepEqual(faults(file(SHOE.replace('env:SHOE_SECRET', 'literal').replace('https://shoe.example/cb', 'nowhere'))), [
    'GW1302:8',
    'GW2102:9',
  ])
  t.deepEqual(faults(file(SHOE.replace('        name: Shoe Fly Shoe\n', '').replace('env:SHOE_SECRET', 'x'))), [
    'GW1302:7',
    'GW2103:6',
  ])
  const fragment = file(SHOE.replace('https://shoe.example/cb', 'https://shoe.example/#cb'))
  const [found] = readConsumers('consumers.yaml', fragment, context).diagnostics.filter(({ line }) => line === 9)
  t.is(found?.message, 'a redirect URI must not have a fragment')
  t.deepEqual(faults('openapi: 3.1.0\nconsumers: {}'), [], 'an API document of that name is one')
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import { Secret } from '../../src/core/secret.ts'
import { adminCall, answerOf } from '../_kit/agent.ts'
import { startTestGateway, type TestGateway } from '../_kit/gateway.ts'
import { type RedisServer, startRedis } from '../_kit/redis.ts'
import { until } from '../_kit/until.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

let server: RedisServer | undefined
let database = 0
test.before(async () => {
  server = await startRedis(['--databases', '30'])
})
test.after.always(() => server?.stop())

/** The comparison with the store every five seconds never comes: what reaches a gateway, the feed has brought. */
const withoutComparison: Clock = {
  now: systemClock.now,
  after: (delay, task) => (delay === 5000 ? () => {} : systemClock.after(delay, task)),
}

interface World {
  readonly upstream: string
  /** Starts another gateway on the store, with these files. */
  start(files?: Readonly<Record<string, object>>): Promise<TestGateway>
}

async function world(t: ExecutionContext): Promise<World> {
  const upstream = await forTest(t, startUpstream())
  const store = String(server?.url.replace('/0?', `/${database++}?`))
  return {
    upstream: upstream.url,
    start: (documents = {}) =>
      forTest(
        t,
        startTestGateway({
          documents,
          deps: { clock: withoutComparison },
          settings: {
            store,
            publicUrl: 'https://api.example.com',
            masterKey: new Secret(Buffer.alloc(32, 7).toString('base64')),
          },
        }),
      ),
  }
}

const api = (upstream: string, id: string) => ({
  openapi: '3.0.3',
  info: { title: id, version: '1' },
  paths: {},
  'x-gateway': {
    info: { id, name: id },
    server: { listenPath: { value: `/${id}/` } },
    upstream: { url: upstream },
  },
})

const status = async (gateway: TestGateway, id: string) =>
  (await adminCall(gateway, 'GET', `/api/apis/${id}/status`)).json
const answers = async (gateway: TestGateway, path: string) =>
  (await answerOf(await fetch(gateway.localUrl + path))).status

/** All gateways come to the same value: resolves to the milliseconds since this was called. */
async function agree(gateways: readonly TestGateway[], what: (one: TestGateway) => Promise<unknown>) {
  const began = performance.now()
  const values = async () => new Set(await Promise.all(gateways.map(what)))
  return async (expected: unknown) => {
    await until(async () => {
      const all = await values()
      return all.size === 1 && all.has(expected)
    })
    return performance.now() - began
  }
}

test('a document applied at one gateway is live on all as soon as the feed has told them, with one revision', async (t) => {
  const { upstream, start } = await world(t)
  const files = { 'pets.json': api(upstream, 'pets') }
  const [a, b, c] = [await start(files), await start(files), await start(files)]
  const before = String((await status(a, 'pets'))['revision'])
  t.is((await status(b, 'pets'))['revision'], before)
  t.is((await status(a, 'pets'))['origin'], 'file')
  const patch = { 'x-gateway': { server: { listenPath: { value: '/animals/' } } } }
  const reach = await agree([a, b, c], (one) => answers(one, '/animals/x'))
  t.is((await adminCall(a, 'PATCH', '/api/apis/pets', patch)).status, 200)
  t.log(`live everywhere after ${Math.round(await reach(200))} ms`)
  const revisions = new Set<unknown>()
  for (const gateway of [a, b, c]) {
    const { revision, origin, hides_file } = await status(gateway, 'pets')
    revisions.add(revision)
    t.is(origin, 'store')
    t.true(hides_file, 'the file still says what it said')
    t.is(await answers(gateway, '/pets/x'), 404)
  }
  t.is(revisions.size, 1)
  t.not([...revisions][0], before)
})

test('a new document reaches gateways that have no such file, and one that was away', async (t) => {
  const { upstream, start } = await world(t)
  const [a, b] = [await start(), await start()]
  const away = await start()
  await away.close()
  const reach = await agree([a, b], (one) => answers(one, '/news/x'))
  t.is((await adminCall(b, 'POST', '/api/apis', api(upstream, 'news'))).status, 201)
  await reach(200)
  t.is(await answers(await start(), '/news/x'), 200)
  const [one, two] = await Promise.all([a, b].map((gateway) => adminCall(gateway, 'GET', '/api/apis/news')))
  t.is(one?.text, two?.text)
  t.is(one?.headers.get('etag'), two?.headers.get('etag'))
})

test('a document removed at one gateway is gone on all, whatever lies in their folders, also after a restart', async (t) => {
  const { upstream, start } = await world(t)
  const files = { 'pets.json': api(upstream, 'pets') }
  const [a, b] = [await start(files), await start(files)]
  const reach = await agree([a, b], (one) => answers(one, '/pets/x'))
  t.is((await adminCall(a, 'DELETE', '/api/apis/pets')).status, 204)
  await reach(404)
  const again = await start(files)
  t.is(await answers(again, '/pets/x'), 404)
  t.true(again.log.some(({ message }) => message.includes('was removed through the admin API')))
  const back = await agree([a, b, again], (one) => answers(one, '/pets/x'))
  t.is((await adminCall(b, 'POST', '/api/apis', api(upstream, 'pets'))).status, 201)
  await back(200)
})

test('the store goes before a file that is written later, and the log and the status say so', async (t) => {
  const { upstream, start } = await world(t)
  const a = await start({ 'pets.json': api(upstream, 'pets') })
  const put = api(`${upstream}/changed`, 'pets')
  t.is((await adminCall(a, 'PUT', '/api/apis/pets', put)).status, 200)
  const { revision } = await status(a, 'pets')
  writeFileSync(join(a.folder, 'pets.json'), JSON.stringify(api(upstream, 'elsewhere')))
  await until(async () => a.log.some(({ message }) => message.includes('has another text in the store')))
  t.is((await status(a, 'pets'))['revision'], revision)
  t.true((await status(a, 'pets'))['hides_file'])
  t.is(await answers(a, '/elsewhere/x'), 404)
  t.true(readFileSync(join(a.folder, 'pets.json'), 'utf8').includes('elsewhere'), 'nobody writes to the file')
})

test('the store lets go of a document, and the files count again on every gateway', async (t) => {
  const { upstream, start } = await world(t)
  const files = { 'pets.json': api(upstream, 'pets'), 'news.json': api(upstream, 'news') }
  const [a, b] = [await start(files), await start(files)]
  await adminCall(a, 'PATCH', '/api/apis/pets', { 'x-gateway': { server: { listenPath: { value: '/animals/' } } } })
  await adminCall(a, 'DELETE', '/api/apis/news')
  const gone = await agree([a, b], (one) => answers(one, '/news/x'))
  await gone(404)
  const { data } = (await adminCall(b, 'GET', '/api/shared-documents')).json
  t.deepEqual(data, [
    { name: 'news.json', removed: true, hides_file: true },
    { name: 'pets.json', removed: false, hides_file: true },
  ])
  const back = await agree([a, b], async (one) => `${await answers(one, '/news/x')} ${await answers(one, '/pets/x')}`)
  for (const name of ['news.json', 'pets.json']) {
    t.is((await adminCall(b, 'DELETE', `/api/shared-documents/${name}`)).status, 204)
  }
  await back('200 200')
  t.is((await status(a, 'pets'))['origin'], 'file')
  t.is((await adminCall(b, 'DELETE', '/api/shared-documents/pets.json')).status, 404)
  t.is((await adminCall(b, 'PATCH', '/api/apis/pets', { info: { title: 'again' } })).status, 200)
  const again = await agree([a, b], async (one) => (await status(one, 'pets'))['origin'])
  await again('store')
})

test('a file of another name that wants the place of a shared document does not get it, at any gateway', async (t) => {
  const { upstream, start } = await world(t)
  const [a, b] = [await start(), await start({ 'old.json': api(upstream, 'pets') })]
  t.is(await answers(b, '/pets/x'), 200)
  const put = api(`${upstream}/shared`, 'pets')
  const reach = await agree([a, b], async (one) => (await status(one, 'pets'))['origin'])
  t.is((await adminCall(a, 'POST', '/api/apis', put)).status, 201)
  await reach('store')
  const { data } = (await adminCall(b, 'GET', '/api/apis')).json as { data: { file: string; state: string }[] }
  t.is(data.find(({ file }) => file.endsWith('old.json'))?.state, 'down')
})

test('of two that change one document at different gateways at once, none loses what the other wrote', async (t) => {
  const { upstream, start } = await world(t)
  const files = { 'pets.json': api(upstream, 'pets') }
  const gateways = [await start(files), await start(files)]
  const patchUntilDone = async (gateway: TestGateway, key: string): Promise<void> => {
    for (;;) {
      const { status: code } = await adminCall(gateway, 'PATCH', '/api/apis/pets', { info: { [`x-${key}`]: key } })
      if (code === 200) return
      t.is(code, 409)
    }
  }
  const keys = Array.from({ length: 12 }, (_, at) => `key-${at}`)
  await Promise.all(keys.map((key, at) => patchUntilDone(gateways[at % 2] as TestGateway, key)))
  await until(async () => {
    const texts = await Promise.all(gateways.map((one) => adminCall(one, 'GET', '/api/apis/pets')))
    return texts.every(({ text }) => keys.every((key) => text.includes(`x-${key}`)))
  })
  t.pass()
})

test('a document whose file is of an embedded store is changed in its file', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const gateway = await forTest(t, startTestGateway({ documents: { 'pets.json': api(upstream.url, 'pets') } }))
  t.is((await adminCall(gateway, 'PATCH', '/api/apis/pets', { info: { title: 'changed' } })).status, 200)
  t.is((await status(gateway, 'pets'))['origin'], 'file')
  t.true(readFileSync(join(gateway.folder, 'pets.json'), 'utf8').includes('changed'))
})

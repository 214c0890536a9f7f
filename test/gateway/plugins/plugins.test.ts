import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openPlugins } from '../../../src/gateway/plugins/plugins.ts'
import { adminCall } from '../../_kit/agent.ts'
import { handClock } from '../../_kit/clock.ts'
import { gatewayFor, type LogLine, recordingLog } from '../../_kit/gateway.ts'
import { until } from '../../_kit/until.ts'
import { startUpstream } from '../../_kit/upstream.ts'
import { forTest } from '../../_kit/world.ts'

const document = (upstream: string, middleware: object) => ({
  openapi: '3.0.3',
  info: { title: 'Pets', version: '1' },
  paths: {
    '/pets/{id}': { get: { operationId: 'getPet', responses: { 200: { description: 'A pet' } } } },
    '/other': { get: { operationId: 'other', responses: { 200: { description: 'Other' } } } },
  },
  'x-gateway': { server: { listenPath: { value: '/pets/' } }, upstream: { url: upstream }, middleware },
})

const shout = (how: string) => `
export const plugin = ({ z, definePlugin }) =>
  definePlugin({
    settings: z.strictObject({ word: z.string() }),
    async request(request, settings) {
      ${how}
    },
  })
`
const GREET = shout(`
  const name: string = request.parameters.id
  if (name === 'answer') return { status: 418, headers: { 'X-Pot': 'tea' }, body: { said: settings.word } }
  if (name === 'throw') throw new Error('secret-reason')
  if (name === 'forge') request.setHeader('X-Authenticated-Userid', 'root')
  if (name === 'nonsense') return { status: 7 }
  if (name === 'frames') return { status: 200, headers: { 'Content-Length': '1' }, body: 'more' }
  if (name === 'breaks') return { status: 200, headers: { 'X-A': 'a\\nX-B: b' }, body: '' }
  if (name === 'no-text') throw Object.create(null)
  if (name === 'circle') { const error = new Error('round'); error.cause = error; throw error }
  request.setHeader('X-Word', settings.word + ' ' + name + ' ' + request.operation)`)

async function world(
  t: ExecutionContext,
  plugin = GREET,
  middleware: object = { operations: { getPet: { greet: { word: 'hello' } } } },
) {
  const upstream = await forTest(t, startUpstream())
  const gateway = await gatewayFor(t, {
    documents: { 'pets.json': document(upstream.url, middleware), 'plugins/greet.ts': plugin },
  })
  const get = (path: string) => fetch(`${gateway.url}/pets${path}`)
  const plugins = async () =>
    (await adminCall(gateway, 'GET', '/api/plugins')).json['data'] as Record<string, unknown>[]
  return { upstream, gateway, get, plugins }
}

/** A folder with one plugin, opened without a gateway around it. */
async function opened(t: ExecutionContext, plugin = GREET) {
  const parent = mkdtempSync(join(tmpdir(), 'plugins-'))
  t.teardown(() => rmSync(parent, { recursive: true }))
  const folder = join(parent, 'plugins')
  mkdirSync(folder)
  writeFileSync(join(folder, 'greet.ts'), plugin)
  const clock = handClock()
  const log: LogLine[] = []
  const plugins = await openPlugins({ folder, settings: new Map(), reserved: [], clock, log: recordingLog(log) })
  return { plugins, folder, clock, log }
}

test('a policy of the plugin folder sees a request, changes its headers, and may answer it', async (t) => {
  const { upstream, get } = await world(t)
  t.is((await get('/pets/7')).status, 200)
  t.is(upstream.last().headers['x-word'], 'hello 7 getPet')
  t.is((await get('/other')).status, 200)
  t.is(upstream.last().headers['x-word'], undefined, 'only where a document asks for it')
  const answer = await get('/pets/answer')
  t.is(answer.status, 418)
  t.is(answer.headers.get('x-pot'), 'tea')
  t.deepEqual(await answer.json(), { said: 'hello' })
  t.is(upstream.requests.length, 2)
})

test('what it throws is a 500 for that request and a diagnostic, nothing more', async (t) => {
  const { upstream, gateway, get, plugins } = await world(t)
  for (const id of ['no-text', 'circle', 'frames', 'breaks', 'throw', 'forge', 'nonsense']) {
    const answer = await get(`/pets/${id}`)
    t.is(`${answer.status} ${answer.statusText}`, '500 Internal Server Error', id)
    t.like(await answer.json(), { type: 'urn:gatehouse:problem:plugin_failed' })
  }
  t.false(JSON.stringify(await (await get('/pets/throw')).json()).includes('secret-reason'))
  t.is((await get('/pets/7')).status, 200)
  t.is(upstream.requests.length, 1)
  const [status] = await plugins()
  t.like(status, { name: 'greet', state: 'live', failures: 8 })
  t.like(status?.['last_failure'], { message: 'Error: secret-reason' })
  t.true(
    gateway.log.some(({ level, fields }) => level === 'error' && String(fields['error']).includes('secret-reason')),
  )
})

test('settings are checked by its schema when a document is loaded, with the place where they stand', async (t) => {
  const { gateway, get } = await world(t, GREET, { operations: { getPet: { greet: { wrod: 'x' } } } })
  t.is((await get('/pets/7')).status, 404)
  const status = await adminCall(gateway, 'GET', '/api/apis/pets/status')
  const codes = (status.json['diagnostics'] as { code: string; pointer: string }[]).map(
    ({ code, pointer }) => `${code} ${pointer}`,
  )
  t.true(codes.includes('GW2101 /x-gateway/middleware/operations/getPet/greet/wrod'), codes.join('\n'))
})

test('a plugin that is saved is loaded anew; one that is broken stays as it was, with a diagnostic', async (t) => {
  const { upstream, gateway, get, plugins } = await world(t)
  const word = async () => {
    await get('/pets/7')
    return upstream.last().headers['x-word']
  }
  t.is(await word(), 'hello 7 getPet')
  gateway.write('plugins/greet.ts', shout(`request.setHeader('X-Word', 'new ' + settings.word)`))
  await until(async () => (await word()) === 'new hello')
  gateway.write('plugins/greet.ts', 'export const plugin = (')
  await until(async () => (await plugins())[0]?.['state'] === 'stale')
  t.is(await word(), 'new hello')
  gateway.write('plugins/greet.ts', shout(`request.setHeader('X-Word', 'mended')`))
  await until(async () => (await word()) === 'mended')
  t.like((await plugins())[0], { state: 'live', failures: 0 })
})

test('a plugin that comes later brings the documents to life that ask for it', async (t) => {
  const { gateway, get } = await world(t, 'export const nothing = 1')
  t.is((await get('/pets/7')).status, 404)
  gateway.write('plugins/greet.ts', GREET)
  await until(async () => (await get('/pets/7')).status === 200)
  t.pass()
})

test('while the folder is away, plugins stay; a file that is missing from it has a moment to come back', async (t) => {
  const { plugins, folder, clock, log } = await opened(t)
  renameSync(folder, `${folder}-away`)
  for (let look = 0; look < 2; look++) t.false(await plugins.rescan())
  t.true(plugins.policies.has('greet'))
  t.is(log.filter(({ level }) => level === 'warn').length, 1, 'said once')
  renameSync(`${folder}-away`, folder)
  t.false(await plugins.rescan())

  const file = join(folder, 'greet.ts')
  renameSync(file, `${file}.new`)
  t.true(await plugins.rescan(150))
  t.true(plugins.policies.has('greet'))
  renameSync(`${file}.new`, file)
  t.false(await plugins.rescan(150))
  unlinkSync(file)
  t.true(await plugins.rescan(150))
  await clock.advance(149)
  t.true(await plugins.rescan(150))
  await clock.advance(1)
  t.false(await plugins.rescan(150))
  t.false(plugins.policies.has('greet'))
})

test('a plugin whose loading failed because something could not be read is tried again, and that is said once', async (t) => {
  const reading = `import { readFileSync } from 'node:fs'
readFileSync(import.meta.dirname + '/../word')
${GREET}`
  const { plugins, folder, log } = await opened(t)
  const word = join(folder, '..', 'word')
  mkdirSync(word) // reading a folder fails as reading from a broken disk does
  writeFileSync(join(folder, 'greet.ts'), reading)
  const changes: string[] = []
  plugins.onChange((names) => changes.push(...names))
  for (let look = 0; look < 3; look++) await plugins.rescan()
  t.like(plugins.status()[0], { state: 'stale' })
  t.is(log.filter(({ level }) => level === 'error').length, 1)
  t.deepEqual(changes, ['greet'])
  const before = plugins.version()
  rmdirSync(word)
  writeFileSync(word, 'word')
  await plugins.rescan()
  t.like(plugins.status()[0], { state: 'live' })
  t.deepEqual(changes, ['greet', 'greet'])
  t.not(plugins.version(), before)
})

test('an operation that was called while its plugin had gone works again when the plugin is back', async (t) => {
  const { gateway, get, plugins } = await world(t)
  const folder = join(gateway.folder, 'plugins')
  const elsewhere = mkdtempSync(join(tmpdir(), 'plugins-'))
  t.teardown(() => rmSync(elsewhere, { recursive: true }))
  renameSync(folder, join(elsewhere, 'plugins'))
  mkdirSync(folder)
  await until(async () => (await plugins()).length === 0)
  const refused = await get('/pets/answer')
  t.is(refused.status, 500)
  t.like(await refused.json(), { type: 'urn:gatehouse:problem:plugin_missing' })
  rmdirSync(folder)
  renameSync(join(elsewhere, 'plugins'), folder)
  await until(async () => (await plugins()).length === 1)
  t.is((await get('/pets/answer')).status, 418)
})

test('a name that the gateway has itself is refused', async (t) => {
  const { gateway, plugins } = await world(t)
  gateway.write('plugins/cors.ts', GREET)
  await until(async () => (await plugins()).length === 2)
  t.like((await plugins())[0], { name: 'cors', state: 'broken' })
})

test('a response handler changes the head of any answer, and its throw is a 500 as well', async (t) => {
  const plugin = `
export const plugin = ({ z, definePlugin }) =>
  definePlugin({
    settings: z.strictObject({ word: z.string() }),
    response(response, settings) {
      if (response.request.parameters.id === 'throw') throw new Error('late')
      response.setHeader('X-Word', settings.word + ' ' + response.status)
    },
  })`
  const { upstream, get } = await world(t, plugin)
  t.is((await get('/pets/7')).headers.get('x-word'), 'hello 200')
  t.is((await get('/pets/throw')).status, 500)
  await upstream.close()
  const refused = await get('/pets/7')
  t.is(refused.status, 502)
  t.is(refused.headers.get('x-word'), 'hello 502')
  t.is((await get('/pets/throw')).status, 500)
})

test('the example loads, rests and wakes', async (t) => {
  const example = readFileSync(new URL('../../../examples/plugins/quietHours.ts', import.meta.url), 'utf8')
  const hour = new Date().getUTCHours()
  const quiet = (from: number, to: number) => ({ quietHours: { from: from % 24, to: to % 24 } })
  const upstream = await forTest(t, startUpstream())
  const middleware = { operations: { getPet: quiet(hour + 23, hour + 2), other: quiet(hour + 2, hour + 23) } }
  const gateway = await gatewayFor(t, {
    documents: { 'pets.json': document(upstream.url, middleware), 'plugins/quietHours.ts': example },
  })
  t.is((await fetch(`${gateway.url}/pets/pets/1`)).status, 503)
  const awake = await fetch(`${gateway.url}/pets/other`)
  t.is(awake.status, 200)
  t.truthy(awake.headers.get('x-quiet-hours'))
})

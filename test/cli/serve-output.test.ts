import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { adminCall } from '../_kit/agent.ts'
import { folderFor, serveProcess } from '../_kit/served.ts'
import { until } from '../_kit/until.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const SPEAKS = `
export const plugin = ({ z, definePlugin }) =>
  definePlugin({ settings: z.strictObject({}), request() { console.log('a request') } })
`

const openApi = (upstream: string, middleware: object = {}) => ({
  openapi: '3.1.0',
  info: { title: 'Open', version: '1' },
  paths: {},
  'x-gateway': { server: { listenPath: { value: '/open/' } }, upstream: { url: upstream }, middleware },
})

test('whoever reads what it says may leave: the gateway goes on, reads broken documents and obeys signals', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const folder = folderFor(t, { 'a.json': openApi(upstream.url, { global: { speaks: {} } }) })
  mkdirSync(join(folder, 'plugins'))
  writeFileSync(join(folder, 'plugins/speaks.ts'), SPEAKS)
  const served = await serveProcess(t, folder, [], {}, undefined, 'pipe')
  served.stopReading()
  for (const path of ['1', '2']) t.is((await fetch(`${served.url}/open/${path}`)).status, 200, path)
  writeFileSync(join(folder, 'a.json'), '{ "openapi": ')
  const state = async () => (await adminCall(served.api('open', '/open'), 'GET', '/api/apis/open/status')).json['state']
  await until(async () => (await state()) === 'stale')
  t.is((await fetch(`${served.url}/open/3`)).status, 200)
  t.is(await served.end('SIGTERM'), 0)
})

test('a full disk under the log ends nothing, and standard error says once that there is no log', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const full = openSync('/dev/full', 'w')
  t.teardown(() => closeSync(full))
  const folder = folderFor(t, { 'a.json': openApi(upstream.url) })
  const served = await serveProcess(t, folder, ['--access-log', 'all'], {}, undefined, full)
  for (const path of ['1', '2', '3']) t.is((await fetch(`${served.url}/open/${path}`)).status, 200, path)
  await until(() => served.said().includes('the log cannot be written'), served.said)
  t.is(await served.end('SIGTERM'), 0)
  t.is(served.said().split('the log cannot be written').length, 2, served.said())
})

test('what was logged before the end is in the log after it', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const folder = folderFor(t, { 'a.json': openApi(upstream.url) })
  const file = join(folder, 'gateway.log')
  const log = openSync(file, 'a')
  t.teardown(() => closeSync(log))
  const served = await serveProcess(t, folder, ['--access-log', 'all'], {}, undefined, log)
  for (let call = 1; call <= 20; call++) await (await fetch(`${served.url}/open/${call}`)).text()
  t.is(await served.end('SIGTERM'), 0)
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  t.true(lines.every((line) => typeof JSON.parse(line).msg === 'string'))
  t.true(
    lines.some((line) => line.includes('/open/20')),
    lines.at(-1),
  )
})

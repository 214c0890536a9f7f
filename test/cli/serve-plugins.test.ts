import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { adminCall } from '../_kit/agent.ts'
import { folderFor, serveProcess } from '../_kit/served.ts'
import { until } from '../_kit/until.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const LEAVES = `
setTimeout(() => { throw new Error('left by the file') }, 300)
export const plugin = ({ z, definePlugin }) =>
  definePlugin({
    settings: z.strictObject({}),
    request(request) {
      if (request.path === '/timer') setTimeout(() => { throw new Error('left by a timer') }, 1)
      if (request.path === '/promise') fetch('http://127.0.0.1:1/')
    },
    async response(response) {
      if (response.request.path === '/answer') throw new Error('left by an answer')
    },
  })
`

test('an error that a plugin leaves uncaught is a diagnostic, and the gateway goes on', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const folder = folderFor(t, {
    'a.json': {
      openapi: '3.1.0',
      info: { title: 'Open', version: '1' },
      paths: {},
      'x-gateway': {
        server: { listenPath: { value: '/open/' } },
        upstream: { url: upstream.url },
        middleware: { global: { leaves: {} } },
      },
    },
  })
  mkdirSync(join(folder, 'plugins'))
  writeFileSync(join(folder, 'plugins/leaves.ts'), LEAVES)
  const served = await serveProcess(t, folder)
  for (const path of ['timer', 'promise', 'answer']) t.is((await fetch(`${served.url}/open/${path}`)).status, 200, path)
  const failures = async () => {
    const { json } = await adminCall(served.api('open', '/open'), 'GET', '/api/plugins')
    return (json['data'] as { failures: number }[])[0]?.failures
  }
  await until(async () => (await failures()) === 4)
  t.is((await fetch(`${served.url}/open/x`)).status, 200)
  t.is(await served.end('SIGTERM'), 0)
})

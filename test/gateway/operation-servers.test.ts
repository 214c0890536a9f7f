import test from 'ava'
import { startPlane } from '../_kit/data-plane.ts'
import { compileText } from '../_kit/guarded.ts'
import { OK } from '../_kit/objections.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

test('OAS "servers": an operation’s stand before its path item’s, those before the document’s; each has its own base path', async (t) => {
  const [root, item, own] = [
    await forTest(t, startUpstream()),
    await forTest(t, startUpstream()),
    await forTest(t, startUpstream()),
  ]
  const document = {
    openapi: '3.0.3',
    info: { title: 'Pets', version: '1' },
    servers: [
      { url: '/relative' },
      { url: `${root.url}/{version}/`, variables: { version: { default: 'v1', enum: ['v1', 'v2'] } } },
    ],
    paths: {
      '/dogs/{id}.json': { get: OK },
      '/files/{name}': {
        servers: [{ url: `${item.url}/files-service` }],
        get: OK,
        put: {
          ...OK,
          servers: [
            { url: 'ftp://elsewhere' },
            { url: `${own.url}/upload/{zone}`, variables: { zone: { default: 'eu' } } },
          ],
        },
        post: { ...OK, servers: [{ url: '/relative' }] },
        delete: { ...OK, servers: [] },
      },
    },
    'x-gateway': { info: { id: 'pets' }, server: { listenPath: { value: '/pets/' } } },
  }
  const { api, diagnostics } = compileText(JSON.stringify(document))
  if (!api) throw new Error(JSON.stringify(diagnostics))
  t.deepEqual(
    diagnostics.filter(({ code }) => code === 'GW4103').map(({ pointer }) => pointer),
    ['/paths/~1files~1{name}/post/servers'],
  )
  const plane = await startPlane(t, [api])
  const ask = async (method: string, path: string) =>
    t.is((await fetch(`${plane.url}/pets${path}`, { method })).status, 200)
  await ask('GET', '/dogs/7.json?x=%20')
  t.is(root.last().path, '/v1/dogs/7.json?x=%20')
  await ask('GET', '/files/a%2Fb')
  t.is(item.last().path, '/files-service/files/a%2Fb')
  await ask('PUT', '/files/a')
  t.is(own.last().path, '/upload/eu/files/a')
  for (const method of ['POST', 'DELETE']) {
    await ask(method, '/files/a')
    t.is(item.requests.at(-1)?.method, method)
  }
  await ask('PATCH', '/files/a')
  t.is(root.requests.at(-1)?.method, 'PATCH')
  t.deepEqual(
    [root, item, own].map(({ requests }) => requests.length),
    [2, 3, 1],
  )
})

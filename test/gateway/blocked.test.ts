import test from 'ava'
import { compileDocument } from '../../src/api/compile-document.ts'
import { noFolder } from '../../src/document/folder.ts'
import { startPlane } from '../_kit/data-plane.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

test('a blocked operation answers 403 to everyone and is never forwarded; its neighbours are', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const responses = { 200: { description: '' } }
  const document = {
    openapi: '3.0.3',
    info: { title: 'Pets', version: '1' },
    paths: {
      '/open': { get: { responses } },
      '/closed': { get: { operationId: 'closed', responses } },
    },
    'x-gateway': {
      upstream: { url: upstream.url },
      middleware: { operations: { closed: { block: { enabled: true } } } },
    },
  }
  const context = {
    publicUrl: 'http://gw',
    policies: new Map(),
    environment: () => undefined,
    readFile: () => undefined,
  }
  const { api } = compileDocument('pets.json', JSON.stringify(document), noFolder, context)
  if (!api) return t.fail()
  const { url } = await startPlane(t, [api])
  t.is((await fetch(`${url}/pets/open`)).status, 200)
  t.is((await fetch(`${url}/pets/closed`)).status, 403)
  t.is((await fetch(`${url}/pets/closed/`)).status, 403)
  t.is((await fetch(`${url}/pets/cl%6fsed`)).status, 403)
})

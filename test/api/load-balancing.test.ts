import test from 'ava'
import { compileDocument } from '../../src/api/compile-document.ts'
import { noFolder } from '../../src/document/folder.ts'

const compiled = (upstream: object) =>
  compileDocument(
    'pets.json',
    JSON.stringify({
      openapi: '3.1.0',
      info: { title: 'Pets', version: '1' },
      paths: {},
      servers: [{ url: 'https://elsewhere.example.com' }],
      'x-gateway': { upstream },
    }),
    noFolder,
    { publicUrl: 'http://gw', policies: new Map(), environment: () => undefined, readFile: () => undefined },
  )

test('targets are where an API goes; the document’s servers do not count beside them', (t) => {
  const { api, diagnostics } = compiled({
    loadBalancing: { targets: [{ url: 'http://a' }, { url: 'http://b', weight: 3 }] },
  })
  t.is(api?.upstream.url, 'http://a')
  t.deepEqual(api?.upstream.loadBalancing?.targets, [
    { url: 'http://a', weight: 1 },
    { url: 'http://b', weight: 3 },
  ])
  t.deepEqual(diagnostics, [])
})

test('a URL beside targets, no target that takes anything, and a check without a path are errors at their place', (t) => {
  const found = (upstream: object) =>
    compiled(upstream)
      .diagnostics.filter(({ severity }) => severity === 'error')
      .map(({ code, pointer }) => `${code} ${pointer}`)
  const targets = [{ url: 'http://a' }]
  t.deepEqual(found({ url: 'http://c', loadBalancing: { targets } }), ['GW2102 /x-gateway/upstream/loadBalancing'])
  const idle = [{ url: 'http://a', weight: 0 }]
  t.deepEqual(found({ loadBalancing: { targets: idle } }), ['GW2102 /x-gateway/upstream/loadBalancing/targets'])
  const healthCheck = { active: { interval: '1s' } }
  t.deepEqual(found({ loadBalancing: { targets, healthCheck } }), [
    'GW2103 /x-gateway/upstream/loadBalancing/healthCheck/active',
  ])
})

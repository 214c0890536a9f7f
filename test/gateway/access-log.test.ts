import test from 'ava'
import { parseAccessLog } from '../../src/config/access-log.ts'
import type { LogFields } from '../../src/core/log.ts'
import { silentLog } from '../../src/core/log.ts'
import { createAccessLog } from '../../src/gateway/access-log.ts'
import type { EndedRequest } from '../../src/gateway/ended-request.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const request = (changes: Partial<EndedRequest> = {}): EndedRequest => ({
  requestId: '80000000000000000000000000000000',
  method: 'GET',
  api: 'pets',
  operation: 'listPets',
  client: 'shop',
  status: 200,
  at: 0,
  duration: 5,
  call: undefined,
  ...changes,
})

test('a request is written when any rule wants it', (t) => {
  const written = (text: string, changes: Partial<EndedRequest> = {}): boolean => {
    const lines: LogFields[] = []
    const rules = parseAccessLog(text)
    if (!rules) return false
    createAccessLog(rules, { ...silentLog, info: (fields) => lines.push(fields) }, undefined)(request(changes))
    return lines.length === 1
  }
  t.true(written('all'))
  t.false(written('errors', { status: 404 }))
  t.true(written('errors', { status: 502 }))
  t.true(written('failures', { status: 404 }))
  t.true(written('errors,slow:5ms'))
  t.false(written('errors,slow:6ms'))
  t.true(written('api:pets'))
  t.false(written('api:birds,client:other'))
  t.true(written('client:shop'))
  t.true(written('sample:51%'), 'the id decides, so that every part of a system draws the same requests')
  t.false(written('sample:50%'))
})

test('a line says who asked for what, where it went and how long it took, and never a query or a token', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const document = {
    openapi: '3.0.3',
    info: { title: 'Pets', version: '1' },
    security: [{ login: [] }],
    paths: { '/pets/{id}': { get: { operationId: 'getPet', responses: { 200: { description: 'A pet' } } } } },
    components: { securitySchemes: { login: { type: 'apiKey', in: 'query', name: 'key' } } },
    'x-gateway': {
      server: {
        listenPath: { value: '/pets/' },
        authentication: {
          enabled: true,
          securitySchemes: { login: { enabled: true, keys: [{ consumer: 'partner', key: 'k-secret-1' }] } },
        },
      },
      upstream: { url: upstream.url },
    },
  }
  const accessLog = parseAccessLog('all')
  const gateway = await gatewayFor(t, {
    documents: { 'pets.json': document },
    ...(accessLog ? { settings: { accessLog } } : {}),
  })
  const answer = await fetch(`${gateway.url}/pets/pets/7?key=k-secret-1`)
  await answer.text()
  await fetch(`${gateway.url}/nowhere?x=k-secret-2`)
  const lines = gateway.log.filter(({ message }) => message === 'request').map(({ fields }) => fields)
  t.is(lines.length, 2)
  const [first, second] = lines
  t.like(first, {
    request_id: answer.headers.get('x-request-id'),
    method: 'GET',
    path: '/pets/pets/7',
    address: '127.0.0.1',
    api: 'pets',
    operation: 'getPet',
    client: 'partner',
    status: 200,
    upstream: upstream.url,
  })
  t.true(Number(first?.['duration_ms']) >= Number(first?.['upstream_ms']))
  t.like(second, { method: 'GET', status: 404 })
  t.false(JSON.stringify(gateway.log).includes('k-secret'))
})

import test from 'ava'
import { z } from 'zod'
import type { Operation } from '../../src/api/api.ts'
import { compiled, petStore, problems, type Wish } from './compiled.ts'

const responses = { 200: { description: '' } }
const operationsOf = (wish: Wish): readonly Operation[] => {
  const { api } = compiled(petStore(wish))
  const fallback = api?.routes.match('GET', '/no/such/path')
  const rest = fallback?.kind === 'operation' ? [fallback.operation] : []
  return [...(api?.routes.operations ?? []), ...rest]
}
const operation = (wish: Wish, id: string): Operation | undefined => operationsOf(wish).find((one) => one.id === id)
const schemesOf = (one: Operation | undefined) =>
  one?.security.map((and) => and.map(({ scheme, scopes }) => [scheme.name, scheme.kind, ...scopes].join(' ')))

const bearer = { declared: { bearer: { type: 'http', scheme: 'bearer' } }, schemes: { bearer: { enabled: true } } }

test('OAS security: an OR of ANDs, an operation replaces the root, `[]` is public, `{}` is optional', (t) => {
  const paths = {
    '/a': {
      get: { operationId: 'inherits', responses },
      put: { operationId: 'replaces', responses, security: [{ oauth: ['read'], bearer: [] }, { bearer: [] }] },
      post: { operationId: 'public', responses, security: [] },
      delete: { operationId: 'optional', responses, security: [{ oauth: [] }, {}] },
    },
  }
  const wish = { ...bearer, paths }
  t.deepEqual(schemesOf(operation(wish, 'inherits')), [['oauth issuer']])
  t.deepEqual(schemesOf(operation(wish, 'replaces')), [['oauth issuer read', 'bearer bearer'], ['bearer bearer']])
  t.deepEqual(schemesOf(operation(wish, 'public')), [])
  t.deepEqual(schemesOf(operation(wish, 'optional')), [['oauth issuer'], []])
  t.deepEqual(schemesOf(operation(wish, '*')), [['oauth issuer']])
})

test('with authentication on and no root security, any one enabled scheme is asked for everywhere', (t) => {
  const wish = { ...bearer, root: { security: undefined }, paths: { '/a': { get: { operationId: 'a', responses } } } }
  t.deepEqual(schemesOf(operation(wish, 'a')), [['oauth issuer'], ['bearer bearer']])
  t.deepEqual(schemesOf(operation(wish, '*')), [['oauth issuer'], ['bearer bearer']])
})

test('with authentication on and no scheme enabled, nothing is served', (t) => {
  const off = { scheme: { enabled: false }, root: { security: undefined } }
  t.deepEqual(problems(petStore(off)), ['GW3101'])
})

test('a required scheme that is not enabled stays in the requirement as one that nothing satisfies', (t) => {
  const wish = { scheme: { enabled: false }, ...bearer }
  t.deepEqual(schemesOf(operation(wish, '*')), [['oauth unsupported']])
  t.deepEqual(problems(petStore(wish)), ['GW3103'])
})

test('root `security: []` is public, and a warning when authentication is on', (t) => {
  t.deepEqual(schemesOf(operation({ root: { security: [] } }, '*')), [])
  t.deepEqual(problems(petStore({ root: { security: [] } })), ['GW3105'])
})

test('with authentication off everything is public, and a warning when security is declared', (t) => {
  const wish = { authentication: { enabled: false }, paths: { '/a': { get: { operationId: 'a', responses } } } }
  t.deepEqual(schemesOf(operation(wish, 'a')), [])
  t.deepEqual(problems(petStore(wish)), ['GW3104'])
})

test('policies: global < path item < middleware.operations < inline; objects merge, arrays replace, null removes', (t) => {
  const wish = {
    middleware: {
      global: { limit: { rate: 1, per: '1s', by: ['client', 'ip'] }, timeout: '1s' },
      operations: { merged: { limit: { rate: 3, by: ['ip'] } }, bare: { timeout: null } },
    },
    paths: {
      '/a': {
        'x-gateway': { limit: { rate: 2, body: '1kb' } },
        get: { operationId: 'merged', responses, 'x-gateway': { limit: { per: '4s' }, timeout: '9s' } },
        put: { operationId: 'item', responses },
        post: { operationId: 'cleared', responses, 'x-gateway': { limit: { body: null } } },
      },
      '/b': { get: { operationId: 'bare', responses } },
    },
  }
  const policies = (id: string) => Object.fromEntries(operation(wish, id)?.policies ?? [])
  t.deepEqual(policies('merged'), { limit: { rate: 3, per: 4000, by: ['ip'], body: 1024 }, timeout: 9000 })
  t.deepEqual(policies('item'), { limit: { rate: 2, per: 1000, by: ['client', 'ip'], body: 1024 }, timeout: 1000 })
  t.deepEqual(policies('cleared'), { limit: { rate: 2, per: 1000, by: ['client', 'ip'] }, timeout: 1000 })
  t.deepEqual(policies('bare'), { limit: { rate: 1, per: 1000, by: ['client', 'ip'] } })
  t.deepEqual(policies('*'), { limit: { rate: 1, per: 1000, by: ['client', 'ip'] }, timeout: 1000 })
})

test('a part of a policy in a narrow place is checked as the whole that it becomes, at the place it comes from', (t) => {
  const paths = { '/a': { get: { operationId: 'a', responses, 'x-gateway': { limit: { per: '1s' } } } } }
  t.deepEqual(problems(petStore({ paths, middleware: { global: { limit: { rate: 1 } } } })), [])
  t.deepEqual(problems(petStore({ paths })), ['GW2103'])
  const wrong = { '/a': { get: { responses, 'x-gateway': { limit: { per: 'soon' } } }, put: { responses } } }
  const { diagnostics } = compiled(petStore({ paths: wrong, middleware: { global: { limit: { rate: 1 } } } }))
  t.deepEqual(
    diagnostics.map(({ code, pointer }) => [code, pointer]),
    [['GW2102', '/paths/~1a/get/x-gateway/limit/per']],
  )
})

test('a key of middleware.operations is an operationId, or method and path with any parameter names', (t) => {
  const paths = {
    '/pets/{petId}': { get: { operationId: 'getPet', responses }, put: { responses } },
    '/odd': { get: { operationId: 'GET /pets/{x}', responses } },
  }
  const settings = { timeout: '7s' }
  const timeout = (key: string, id: string) =>
    operation({ paths, middleware: { operations: { [key]: settings } } }, id)?.policies.get('timeout')
  t.is(timeout('getPet', 'getPet'), 7000)
  t.is(timeout('PUT /pets/{petId}', 'PUT /pets/{petId}'), 7000)
  t.is(timeout('put /pets/{id}', 'PUT /pets/{petId}'), 7000)
  t.is(timeout('GET /pets/{petId}', 'getPet'), 7000)
  t.is(timeout('GET /pets/{x}', 'GET /pets/{x}'), 7000, 'an operationId wins over a path of the same text')
})

test('a key that matches nothing, two operations, or one that is matched already, is an error', (t) => {
  const paths = {
    '/pets/{id}': { get: { operationId: 'getPet', responses }, put: { operationId: 'getPet', responses } },
  }
  const about = (operations: object, of: object = paths) =>
    compiled(petStore({ paths: of, middleware: { operations } })).diagnostics.filter(
      ({ severity }) => severity === 'error',
    )
  const [unknown] = about({ 'GET /pet/{id}': {} })
  t.deepEqual([unknown?.code, unknown?.hint], ['GW2104', 'did you mean "GET /pets/{id}"?'])
  t.is(unknown?.pointer, '/x-gateway/middleware/operations/GET ~1pet~1{id}')
  const [two] = about({ getPet: {} })
  t.deepEqual([two?.code, two?.hint], ['GW2105', 'name it by method and path: "GET /pets/{id}" or "PUT /pets/{id}"'])
  const [twice] = about({ 'GET /pets/{id}': {}, 'GET /pets/{x}': {} })
  t.is(twice?.code, 'GW2105')
  t.regex(about({ x: {} }, {})[0]?.hint ?? '', /middleware\.global/)
})

test('a duplicate operationId is the name of the first operation only', (t) => {
  const paths = { '/a': { get: { operationId: 'same', responses } }, '/b': { get: { operationId: 'same', responses } } }
  t.deepEqual(
    operationsOf({ paths }).map(({ id, path }) => [id, path]),
    [
      ['same', '/a'],
      ['GET /b', '/b'],
      ['*', '*'],
    ],
  )
})

test('undeclared paths go through, unless the allow list is on or an operation is allowed', (t) => {
  const paths = {
    '/a': { get: { operationId: 'a', responses } },
    '/b': { get: { operationId: 'b', responses } },
  }
  const ids = (middleware: object, of: object = paths) => operationsOf({ paths: of, middleware }).map(({ id }) => id)
  t.deepEqual(ids({}), ['a', 'b', '*'])
  t.deepEqual(ids({ global: { allowList: true } }), ['a', 'b'])
  t.deepEqual(ids({ operations: { a: { allow: { enabled: true } } } }), ['a'])
  t.deepEqual(ids({ operations: { a: { allow: { enabled: false } } }, global: { allowList: true } }), ['b'])
  t.deepEqual(ids({ operations: { a: { allow: {} } }, global: { allowList: false } }), ['a'])
})

test('an operation left out of the allow list is as if it were not declared; without a list, nothing is left out', (t) => {
  const open = { security: [{ bearer: [] }], 'x-gateway': { allow: { enabled: false } } }
  const paths = { '/a': { get: { operationId: 'a', responses, ...open } } }
  const match = (global: object) =>
    compiled(petStore({ ...bearer, paths, middleware: { global } })).api?.routes.match('GET', '/a')
  t.is(match({ allowList: true })?.kind, 'notFound')
  const found = match({})
  t.deepEqual(found?.kind === 'operation' && schemesOf(found.operation), [['bearer bearer']])
})

test('`block`, `ignoreAuthentication` and `upstream` act on single operations and on everything', (t) => {
  const paths = {
    '/a': { get: { operationId: 'blocked', responses, 'x-gateway': { block: { enabled: true } } } },
    '/b': { get: { operationId: 'open', responses, 'x-gateway': { ignoreAuthentication: {} } } },
    '/c': { get: { operationId: 'closed', responses, 'x-gateway': { ignoreAuthentication: { enabled: false } } } },
    '/d': { get: { operationId: 'moved', responses, 'x-gateway': { upstream: { url: 'http://127.0.0.1:4000/v2' } } } },
  }
  const one = (id: string) => operation({ paths, middleware: { global: {} } }, id)
  t.true(one('blocked')?.blocked)
  t.is(one('open')?.blocked, undefined)
  t.deepEqual(one('open')?.security, [])
  t.is(one('moved')?.upstreamUrl, 'http://127.0.0.1:4000/v2')
  t.is(one('closed')?.policies.size, 0)
  const global = { global: { ignoreAuthentication: { enabled: true } } }
  t.deepEqual(operation({ paths, middleware: global }, '*')?.security, [])
  t.deepEqual(schemesOf(operation({ paths, middleware: global }, 'closed')), [['oauth issuer']])
})

test('servers of an operation and of a path item say where it goes; relative ones are ignored with a warning', (t) => {
  const paths = {
    '/a': {
      servers: [{ url: 'https://uploads.test/{v}', variables: { v: { default: 'v1' } } }],
      get: { operationId: 'item', responses },
      put: { operationId: 'own', responses, servers: [{ url: '/x' }, { url: 'https://own.test' }] },
      post: { operationId: 'policy', responses, 'x-gateway': { upstream: { url: 'http://127.0.0.1:1' } } },
    },
    '/b': { get: { operationId: 'relative', responses, servers: [{ url: '/v2' }] } },
  }
  t.is(operation({ paths }, 'item')?.upstreamUrl, 'https://uploads.test/v1')
  t.is(operation({ paths }, 'own')?.upstreamUrl, 'https://own.test')
  t.is(operation({ paths }, 'policy')?.upstreamUrl, 'http://127.0.0.1:1')
  t.is(operation({ paths }, 'relative')?.upstreamUrl, undefined)
  t.deepEqual(problems(petStore({ paths })), ['GW4103'])
})

test('templates that get in each other’s way are said to do so', (t) => {
  const get = { responses }
  const paths = {
    '/a/{x}/b': { get: parameters('x'), put: parameters('x') },
    '/a/{y}/b': { get: parameters('y'), post: parameters('y') },
    '/a/c/{z}': { get: parameters('z') },
    '/d/{p}': { get: parameters('p') },
    '/d/{q}': { put: parameters('q') },
    '/e': { get },
  }
  const found = compiled(petStore({ paths })).diagnostics.map(({ code, severity, pointer }) => [
    code,
    severity,
    pointer,
  ])
  t.true(
    found.some(
      ([code, severity, pointer]) => code === 'GW4201' && severity === 'warning' && pointer === '/paths/~1a~1{y}~1b',
    ),
  )
  t.true(found.some(([code, severity]) => code === 'GW4202' && severity === 'info'))
  t.true(found.some(([code, , pointer]) => code === 'GW4205' && pointer === '/paths/~1d~1{q}'))
})

function parameters(name: string): object {
  return { responses, parameters: [{ name, in: 'path', required: true, schema: { type: 'string' } }] }
}

test('a path item that the document takes from elsewhere keeps its own policies on top', (t) => {
  const paths = {
    '/a': { 'x-gateway': { timeout: '1s' }, get: { operationId: 'a', responses } },
    '/b': { $ref: '#/paths/~1a', 'x-gateway': { timeout: '2s' } },
  }
  const byPath = operationsOf({ paths }).map((one) => [one.path, one.policies.get('timeout')])
  t.deepEqual(byPath, [
    ['/a', 1000],
    ['/b', 2000],
    ['*', undefined],
  ])
})

test('a policy whose own check throws is a diagnostic', (t) => {
  const broken = compiled(petStore({ middleware: { global: { broken: {} } } }), {
    policies: new Map([['broken', throwing()]]),
  })
  t.deepEqual(
    broken.diagnostics.map(({ code }) => code),
    ['GW2102'],
  )
})

function throwing(): z.ZodType {
  return z.strictObject({}).refine(() => {
    throw new Error('boom')
  })
}

import test from 'ava'
import fc from 'fast-check'
import { compiled, petStore } from './compiled.ts'

/** Every place of a document, as a path. */
function placesIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]]
  return [[...path], ...Object.entries(value).flatMap(([key, member]) => placesIn(member, [...path, key]))]
}

/** The document with one place changed; `undefined` removes it. */
function changed(value: unknown, path: readonly string[], to: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return to
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === step ? changed(item, rest, to) : item))
  const members = Object.entries(value).map(([key, member]) => [key, key === step ? changed(member, rest, to) : member])
  return Object.fromEntries(members)
}

const RICH = petStore({
  paths: {
    '/pets/{id}': {
      'x-gateway': { timeout: '1s' },
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
      servers: [{ url: 'https://a.test/{v}', variables: { v: { default: '1' } } }],
      get: {
        operationId: 'getPet',
        tags: ['pets'],
        security: [{ oauth: ['read'], key: [] }, {}],
        responses: { 200: { description: '', content: { 'application/json': { schema: { type: 'object' } } } } },
        'x-gateway': { limit: { rate: 1 }, block: { enabled: false } },
      },
    },
  },
  declared: { key: { type: 'apiKey', in: 'header', name: 'X-Key' } },
  schemes: { key: { enabled: true, keys: [{ consumer: 'a', key: 'env:SECRET' }] } },
  scheme: {
    notifications: { onKeyChangeUrl: 'https://a.test', sharedSecret: 'env:SECRET' },
    scopes: { default: ['read'] },
  },
  middleware: {
    global: { timeout: '2s', allowList: true },
    operations: { getPet: { upstream: { url: 'http://b.test' } } },
  },
})
const PLACES = placesIn(RICH)
const ODD = [
  undefined,
  null,
  '',
  'x',
  '/',
  '..',
  0,
  -1,
  Number.MAX_VALUE,
  true,
  [],
  [null],
  {},
  { $ref: '#/paths' },
  { __proto__: null, a: 1 },
]

test('whatever stands wherever in a document, there is an API or an error with a position', (t) => {
  t.true(compiled(RICH).api !== undefined)
  for (const place of PLACES) {
    for (const odd of ODD) {
      const document = changed(RICH, place, odd)
      const { api, diagnostics } = compiled(
        typeof document === 'object' && document !== null ? document : String(document),
      )
      const says = `${place.join('/')} = ${JSON.stringify(odd)}`
      t.true((api !== undefined) !== diagnostics.some(({ severity }) => severity === 'error'), says)
      t.true(
        diagnostics.every(({ line, column }) => line >= 1 && column >= 1),
        says,
      )
    }
  }
})

test('no change of one place opens what needs credentials without a warning', (t) => {
  const open = changed(RICH, ['x-gateway', 'middleware', 'global', 'allowList'], false)
  let opened = 0
  for (const place of placesIn(open).filter(([first]) => first !== 'security')) {
    for (const odd of ODD) {
      const document = changed(open, place, odd)
      const { api, diagnostics } = compiled(typeof document === 'object' && document !== null ? document : '')
      const match = api?.routes.match('POST', '/x')
      if (match?.kind !== 'operation') continue
      const { security } = match.operation
      if (security.length > 0 && security.every((and) => and.length > 0)) continue
      opened++
      const says = `${place.join('/')} = ${JSON.stringify(odd)}`
      t.true(
        diagnostics.some(({ code }) => code === 'GW3104' || code === 'GW3105'),
        says,
      )
    }
  }
  t.true(opened > 0)
})

test('any text is read without throwing', (t) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      const { diagnostics } = compiled(text)
      return diagnostics.some(({ severity }) => severity === 'error')
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

test('any JSON value in the place of the extension is an API or an error', (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (extension) => {
      const { api, diagnostics } = compiled(petStore({ root: { 'x-gateway': extension } }))
      return (api !== undefined) !== diagnostics.some(({ severity }) => severity === 'error')
    }),
    { numRuns: 500 },
  )
  t.pass()
})

test('texts that are code elsewhere are texts here', (t) => {
  const evil = `"><script>alert(1)</script>$\{process.exit()} '; DROP TABLE x; --\u0000\u202e`
  const paths = {
    [`/${evil}`]: { get: { operationId: evil, tags: [evil], responses: { 200: { description: evil } } } },
  }
  const { api } = compiled(petStore({ root: { info: { title: evil, version: evil } }, paths }))
  t.regex(api?.id ?? '', /^[a-z0-9-]+$/)
  t.is(api?.routes.operations[0]?.id, evil)
})

test('an object with the keys of a prototype is an object with these keys', (t) => {
  const keys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
  const text = (key: string) =>
    JSON.stringify(petStore({ middleware: { operations: { [key]: {} } } })).replace('"KEY"', `"${key}"`)
  for (const key of keys) {
    const { diagnostics } = compiled(text(key).replace('"operations":{}', `"operations":{"${key}":{}}`))
    t.true(
      diagnostics.some(({ code }) => code === 'GW2104'),
      key,
    )
    t.true(
      compiled(petStore({ extension: JSON.parse(`{"${key}": {}}`) })).diagnostics.some(({ code }) => code === 'GW2101'),
      key,
    )
    const security = JSON.parse(`[{"${key}": []}]`) as unknown
    t.true(
      compiled(petStore({ root: { security } })).diagnostics.some(({ code }) => code === 'GW3001'),
      key,
    )
  }
})

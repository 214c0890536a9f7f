import test from 'ava'
import { cpuTimeOf } from '../../_kit/cpu-time.ts'
import { compileText, documentOf, type GuardedWish } from '../../_kit/guarded.ts'
import { bodyOf, guarding, json, OK, objections, parameter, post } from '../../_kit/objections.ts'

test('OpenAPI 3.0 and 3.1 each have their own null and their own exclusive bounds; readOnly is never required of a request', async (t) => {
  const old = {
    type: 'object',
    required: ['id', 'n'],
    properties: {
      id: { type: 'string', readOnly: true },
      n: { type: 'integer', nullable: true, minimum: 1, exclusiveMinimum: true },
    },
  }
  const plane = await guarding(t, bodyOf({ 'application/json': { schema: old } }))
  t.is(await objections(plane, '/in', json({ n: null })), undefined)
  t.deepEqual(await objections(plane, '/in', json({ n: 1 })), ['body /n: must be more than 1'])
  const schema = {
    type: 'object',
    required: ['id', 'n'],
    properties: {
      id: { $ref: '#/components/schemas/Id' },
      n: { type: ['integer', 'null'], exclusiveMinimum: 1 },
      c: { const: 'x' },
    },
  }
  const components = {
    schemas: {
      Id: { readOnly: true },
      Short: { $ref: '#/components/schemas/Text', maxLength: 2 },
      Text: { type: 'string' },
    },
  }
  const newer = await guarding(
    t,
    bodyOf({
      'application/json': {
        schema: {
          ...schema,
          properties: { ...schema.properties, s: { $ref: '#/components/schemas/Short', minLength: 2 } },
        },
      },
    }),
    { version: '3.1.0', components },
  )
  t.is(await objections(newer, '/in', json({ n: null, c: 'x', s: 'ab' })), undefined)
  t.deepEqual(await objections(newer, '/in', json({ n: 1, c: 'y', s: 'abc' })), [
    'body /n: must be more than 1',
    'body /c: must be the one value that is allowed',
    'body /s: must have at most 2 characters',
  ])
  t.deepEqual(await objections(newer, '/in', json({ n: 2, s: 'a' })), ['body /s: must have at least 2 characters'])
})

test('multipleOf is exact for integers, however large, and forgives fractions no more than their rounding', async (t) => {
  const cases = [
    [2, [2_000_000_000, -4, 0, Number.MAX_SAFE_INTEGER - 1], [2_000_000_001, Number.MAX_SAFE_INTEGER]],
    [100, [123_456_789_000], [123_456_789_050]],
    [0.01, [5_000_000.01, 0.07, 1.1, -4.35, 123_456_789.01], [5_000_000.005, 0.001, 123_456_789.015]],
    [0.1, [0.3, 1e12 + 0.1, 5], [0.35, 1e9 + 0.05]],
    [1.5, [3, 4.5e9], [4.5e9 + 1, 2]],
  ] as const
  for (const [multipleOf, good, bad] of cases) {
    const schema = { type: 'array', items: { multipleOf } }
    const plane = await guarding(t, bodyOf({ 'application/json': { schema } }))
    t.is(await objections(plane, '/in', json(good)), undefined, `${multipleOf}`)
    t.deepEqual(
      await objections(plane, '/in', json(bad)),
      bad.map((_, index) => `body /${index}: must be a multiple of ${multipleOf}`),
    )
  }
})

test('what is readOnly is never required of a request, wherever one of the schemas that hold for it says so', async (t) => {
  const components = {
    schemas: {
      Text: { type: 'string' },
      Id: { type: 'string', readOnly: true },
      Base: { type: 'object', properties: { id: { type: 'string', readOnly: true }, name: { type: 'string' } } },
      Loop: { allOf: [{ $ref: '#/components/schemas/Loop' }, { $ref: '#/components/schemas/Base' }] },
      New: { allOf: [{ $ref: '#/components/schemas/Base' }, { type: 'object', required: ['id', 'name'] }] },
    },
  }
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
  const named = (id: object) => ({ type: 'object', required: ['id', 'name'], properties: { id } })
  const required = { required: ['id', 'name'] }
  const both = [
    named({ allOf: [ref('Id')] }),
    named({ allOf: [ref('Text'), { readOnly: true }] }),
    { allOf: [ref('Base'), required] },
    { allOf: [ref('Loop'), required] },
    { allOf: [{ allOf: [required] }, { allOf: [ref('Base')] }] },
    { allOf: [required], properties: { id: { readOnly: true } } },
    ref('New'),
  ]
  const versions = [
    ['3.0.3', both],
    ['3.1.0', [...both, named({ ...ref('Text'), readOnly: true }), { ...ref('Base'), ...required }]],
  ] as const
  for (const [version, schemas] of versions) {
    for (const schema of schemas) {
      const plane = await guarding(t, bodyOf({ 'application/json': { schema } }), { version, components })
      t.deepEqual(
        await objections(plane, '/in', json({})),
        ['body /name: is required'],
        `${version} ${JSON.stringify(schema)}`,
      )
    }
  }
  const old = named({ ...ref('Text'), readOnly: true })
  const plane = await guarding(t, bodyOf({ 'application/json': { schema: old } }), { components })
  t.deepEqual(
    await objections(plane, '/in', json({ name: 'a' })),
    ['body /id: is required'],
    'nothing counts beside a $ref of 3.0',
  )
  const member = { properties: { allOf: { items: required } }, required: ['allOf'] }
  const plain = await guarding(t, bodyOf({ 'application/json': { schema: member } }), { components })
  t.deepEqual(await objections(plain, '/in', json({})), ['body /allOf: is required'])
})

test('references that lead back to themselves are followed as far as the value goes', async (t) => {
  const components = {
    schemas: {
      Tree: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, kids: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } },
      },
      Loop: { allOf: [{ $ref: '#/components/schemas/Loop' }, { $ref: '#/components/schemas/Tree' }] },
    },
  }
  for (const name of ['Tree', 'Loop']) {
    const plane = await guarding(
      t,
      bodyOf({ 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } }),
      { components },
    )
    t.is(await objections(plane, '/in', json({ name: 'a', kids: [{ name: 'b', kids: [] }] })), undefined, name)
    t.true(
      (await objections(plane, '/in', json({ name: 'a', kids: [{ name: 'b', kids: [{}] }] })))?.includes(
        'body /kids/0/kids/0/name: is required',
      ),
      name,
    )
  }
})

test.serial('a hostile pattern, schema or value costs no more than a fraction of a second', async (t) => {
  const again = [1, 2, 3, 4].map((n) => ({ $ref: '#/components/schemas/Tree', minLength: n }))
  const tree = { type: 'array', items: { anyOf: again } }
  const plane = await guarding(
    t,
    bodyOf({
      'application/json': {
        schema: {
          properties: {
            evil: { type: 'string', pattern: '^(a+)+$' },
            wide: { type: 'array', uniqueItems: true, items: { type: 'object' } },
            tree: { $ref: '#/components/schemas/Tree' },
          },
        },
      },
    }),
    { version: '3.1.0', components: { schemas: { Tree: tree } } },
  )
  const nested = JSON.parse(`${'['.repeat(60)}0${']'.repeat(60)}`) as unknown
  const values = [
    { evil: `${'a'.repeat(50_000)}b` },
    { wide: Array.from({ length: 20_000 }, (_, n) => ({ n: n % 19_999 })) },
    { tree: nested },
  ]
  for (const value of values) {
    const took = await cpuTimeOf(async () => {
      t.true(((await objections(plane, '/in', json(value)))?.length ?? 0) > 0, Object.keys(value)[0])
    })
    t.true(took < 2000, `${Object.keys(value)[0]} took ${took} ms`)
  }
  t.deepEqual(await objections(plane, '/in', json({ tree: nested })), ['body: takes too much work to check'])
})

test('texts of the document that are code elsewhere are compared, never run', async (t) => {
  const global = globalThis as { pwned?: unknown }
  const evil = `'"\`];globalThis.pwned=1;//*/\${globalThis.pwned=1}\u2028\n`
  const schema = {
    properties: { [evil]: { enum: [evil] }, __proto__x: { const: evil } },
    required: [evil],
    patternProperties: { [`^${evil}`]: {} },
    additionalProperties: { pattern: evil },
    title: evil,
  }
  const plane = await guarding(
    t,
    bodyOf({
      'application/json': { schema: JSON.parse(JSON.stringify(schema).replace('__proto__x', '__proto__')) as object },
    }),
    { version: '3.1.0' },
  )
  t.is(await objections(plane, '/in', json({ [evil]: evil })), undefined)
  t.deepEqual(await objections(plane, '/in', post('{"__proto__":1,"constructor":"x"}', 'application/json')), [
    `body /${evil.replaceAll('~', '~0').replaceAll('/', '~1')}: is required`,
    'body /__proto__: must be the one value that is allowed',
    `body /constructor: must match the pattern ${evil}`,
  ])
  t.is(global.pwned, undefined)
})

test('a pattern that cannot be checked is a warning at its place when the document is loaded', (t) => {
  const schema = { type: 'string', pattern: '(a)\\1' }
  const wish = (global: object): GuardedWish => ({
    paths: {
      '/in': {
        get: {
          parameters: [parameter('a', 'query', { allOf: [schema, { type: 'string', pattern: '^(?=.*\\d).{8,}$' }] })],
          ...OK,
        },
      },
    },
    global,
  })
  const told = (global: object) =>
    compileText(documentOf(wish(global), 'http://a'))
      .diagnostics.filter(({ code }) => code === 'GW2108')
      .map(({ pointer, severity }) => [pointer, severity])
  t.deepEqual(told({ validateRequest: {} }), [['/paths/~1in/get/parameters/0/schema/allOf/0/pattern', 'warning']])
  t.deepEqual(told({}), [])
})

import test, { type ExecutionContext } from 'ava'
import { cpuTimeOf } from '../../_kit/cpu-time.ts'
import { planeOf } from '../../_kit/guarded.ts'
import { OK } from '../../_kit/objections.ts'

const mocking = (t: ExecutionContext, responses: object, settings: object = {}, more: object = {}) =>
  planeOf(t, { paths: { '/dogs': { get: { responses } } }, global: { mockResponse: settings }, ...more })

type Mocking = Awaited<ReturnType<typeof mocking>>

async function answered(plane: Mocking, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(`${plane.url}/pets/dogs`, { headers, method })
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text: await response.text(),
    headers: response.headers,
  }
}

const json = (content: object) => ({ description: '', content: { 'application/json': content } })
const DOGS = {
  404: json({ example: { error: 'no dogs' } }),
  200: json({
    examples: {
      one: { value: ['Rex'] },
      two: { $ref: '#/components/examples/two' },
      far: { externalValue: 'http://127.0.0.1:9/' },
    },
  }),
}
const components = { examples: { two: { value: ['Rex', 'Fido'] } } }

test('the example of the lowest successful answer is given, and the upstream is not asked', async (t) => {
  const plane = await mocking(t, DOGS, {}, { components })
  t.like(await answered(plane), { status: 200, type: 'application/json', text: '["Rex"]' })
  const head = await answered(plane, {}, 'HEAD')
  t.like(head, { status: 200, text: '' })
  t.is(head.headers.get('content-length'), '7')
  t.is(plane.upstream.requests.length, 0)
})

test('clients choose the status and the example with Prefer (RFC 7240), as far as the document has them', async (t) => {
  const plane = await mocking(t, DOGS, {}, { components })
  const missing = await answered(plane, { Prefer: 'code=404' })
  t.like(missing, { status: 404, text: '{"error":"no dogs"}' })
  t.is(missing.headers.get('preference-applied'), 'code=404')
  t.like(await answered(plane, { Prefer: 'respond-async; x, example="two"' }), { status: 200, text: '["Rex","Fido"]' })
  t.like(await answered(plane, { Prefer: 'code=500, example=none' }), { status: 200, text: '["Rex"]' })
  t.like(await answered(plane, { Prefer: 'code=abc, example=far' }), { status: 200, text: '["Rex"]' })
})

test('the settings choose the status, the example, the media type, or all of the answer', async (t) => {
  t.like(await answered(await mocking(t, DOGS, { code: 404 })), { status: 404, text: '{"error":"no dogs"}' })
  const two = await mocking(t, DOGS, { fromOASExamples: { exampleName: 'two' } }, { components })
  t.is((await answered(two)).text, '["Rex","Fido"]')
  const fixed = await mocking(t, DOGS, {
    code: 202,
    body: 'later',
    headers: { 'Content-Type': 'text/plain', 'X-Mock': 'yes' },
  })
  const answer = await answered(fixed)
  t.like(answer, { status: 202, type: 'text/plain', text: 'later' })
  t.is(answer.headers.get('x-mock'), 'yes')
})

test('the media type is the one that the client wants most; 406 when it wants none of them', async (t) => {
  const content = {
    'application/json': { example: { a: 1 } },
    'text/plain': { example: 'one' },
    'application/xml': { schema: { type: 'object' } },
  }
  const plane = await mocking(t, { 200: { description: '', content } })
  t.like(await answered(plane, { Accept: 'text/*, application/json;q=0.5' }), { type: 'text/plain', text: 'one' })
  t.like(await answered(plane, { Accept: '*/*' }), { type: 'application/json', text: '{"a":1}' })
  t.like(await answered(plane, { Accept: 'application/xml, application/json;q=0.1' }), { type: 'application/json' })
  t.is((await answered(plane, { Accept: 'image/png' })).status, 406)
  t.is((await answered(plane, { Accept: 'application/xml' })).status, 501)
  const text = await mocking(
    t,
    { 200: { description: '', content } },
    { fromOASExamples: { contentType: 'text/plain' } },
  )
  t.like(await answered(text, { Accept: '*/*' }), { type: 'text/plain' })
})

test('without an example, the answer is made from the schema: its own examples, its lists, the plainest value that it allows', async (t) => {
  const schema = {
    type: 'object',
    properties: {
      id: { type: 'string', format: 'uuid' },
      name: { type: 'string', example: 'Rex' },
      kind: { enum: ['dog', 'cat'] },
      legs: { type: 'integer', minimum: 3, exclusiveMinimum: true },
      weight: { type: 'number', minimum: 1.5, maximum: 2 },
      code: { type: 'string', minLength: 8, maxLength: 9 },
      born: { type: 'string', format: 'date' },
      good: { type: 'boolean' },
      secret: { type: 'string', writeOnly: true },
      toys: { type: 'array', minItems: 2, items: { type: 'string' } },
      owner: { allOf: [{ $ref: '#/components/schemas/Person' }, { properties: { phone: { default: '1' } } }] },
      either: { oneOf: [{ type: 'integer' }, { type: 'string' }] },
      parent: { $ref: '#/components/schemas/Dog' },
    },
  }
  const plane = await mocking(
    t,
    { 200: json({ schema: { $ref: '#/components/schemas/Dog' } }) },
    {},
    {
      components: {
        schemas: {
          Dog: schema,
          Person: { type: 'object', properties: { email: { type: 'string', format: 'email' } } },
        },
      },
    },
  )
  t.deepEqual(JSON.parse((await answered(plane)).text), {
    id: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
    name: 'Rex',
    kind: 'dog',
    legs: 4,
    weight: 1.5,
    code: 'stringxx',
    born: '2024-01-31',
    good: true,
    toys: ['string', 'string'],
    owner: { email: 'user@example.com', phone: '1' },
    either: 0,
  })
})

test.serial('a schema that contains itself, or whose parts multiply, ends', async (t) => {
  const schemas = {
    Loop: { type: 'object', required: ['next'], properties: { next: { $ref: '#/components/schemas/Loop' } } },
    ...Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [
        `S${n}`,
        {
          type: 'object',
          properties: { a: { $ref: `#/components/schemas/S${n + 1}` }, b: { $ref: `#/components/schemas/S${n + 1}` } },
        },
      ]),
    ),
    S30: { type: 'string' },
  }
  for (const name of ['Loop', 'S0']) {
    const plane = await mocking(
      t,
      { 200: json({ schema: { $ref: `#/components/schemas/${name}` } }) },
      {},
      { components: { schemas } },
    )
    const took = await cpuTimeOf(async () => t.is((await answered(plane)).status, 200))
    t.true(took < 2000, `it took ${took} ms`)
  }
})

test('headers of the answer have their examples too; those that are the gateway’s own to say do not', async (t) => {
  const headers = {
    'X-Rate': { schema: { type: 'integer', example: 7 } },
    'Content-Length': { schema: { example: 99 } },
    'X-Bad': { example: 'a\r\nInjected: yes' },
    'X-Ref': { $ref: '#/components/headers/Ref' },
  }
  const plane = await mocking(
    t,
    { 204: { description: '', headers } },
    {},
    { components: { headers: { Ref: { example: 'r' } } } },
  )
  const answer = await answered(plane)
  t.is(answer.status, 204)
  t.deepEqual(
    ['x-rate', 'x-ref', 'x-bad', 'injected', 'content-length'].map((name) => answer.headers.get(name)),
    ['7', 'r', null, null, null],
  )
})

test('ranges and `default` stand in for statuses; an operation that is not mocked, and undeclared paths, are forwarded', async (t) => {
  t.like(await answered(await mocking(t, { '4XX': json({}), '2XX': json({ example: 2 }) })), { status: 200, text: '2' })
  t.like(await answered(await mocking(t, { default: json({ example: 'd' }) }), { Prefer: 'code=503' }), {
    status: 503,
    text: '"d"',
  })
  const plane = await planeOf(t, {
    paths: { '/dogs': { get: OK, post: { ...OK, 'x-gateway': { mockResponse: { enabled: false } } } } },
    global: { mockResponse: {} },
  })
  t.like(await answered(plane), { status: 200, text: '', type: null })
  t.is((await fetch(`${plane.url}/pets/cats`)).status, 200)
  t.is((await fetch(`${plane.url}/pets/dogs`, { method: 'POST', body: 'x' })).status, 200)
  t.is(plane.upstream.requests.length, 2)
})

test('a mocked operation still refuses what is not as the document says, and policies see its answers', async (t) => {
  const parameters = [{ name: 'n', in: 'query', schema: { type: 'integer' } }]
  const plane = await planeOf(t, {
    paths: { '/dogs': { get: { parameters, responses: { 200: json({ example: 1 }) } } } },
    global: { mockResponse: {}, validateRequest: {}, headers: { response: { set: { 'X-Seen': 'yes' } } } },
  })
  t.is((await fetch(`${plane.url}/pets/dogs?n=x`)).status, 422)
  const good = await fetch(`${plane.url}/pets/dogs?n=1`)
  t.is(await good.text(), '1')
  t.is(good.headers.get('x-seen'), 'yes')
})

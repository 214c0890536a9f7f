import test from 'ava'
import {
  bodyOf,
  guarding,
  integer,
  integers,
  json,
  OK,
  objections,
  parameter,
  point,
  post,
} from '../../_kit/objections.ts'

test('all that is wrong with a request is named at once, with pointers, and the upstream never hears of it', async (t) => {
  const plane = await guarding(t, {
    '/dogs/{id}': {
      parameters: [parameter('id', 'path', integer)],
      post: {
        parameters: [
          parameter('limit', 'query', { type: 'integer', maximum: 10 }),
          parameter('X-Tag', 'header', integers, { required: true }),
        ],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: { type: 'object', required: ['name'], properties: { at: point, 'a/b': integer } },
            },
          },
        },
        ...OK,
      },
    },
  })
  t.deepEqual(await objections(plane, '/dogs/x?limit=11', json({ at: { y: 'z', q: 1 }, 'a/b': null })), [
    'path id: must be an integer',
    'query limit: must be at most 10',
    'header X-Tag: is required',
    'body /name: is required',
    'body /at/x: is required',
    'body /at/y: must be an integer',
    'body /at/q: is not a known member',
    'body /a~1b: must be an integer',
  ])
  t.is(
    await objections(plane, '/dogs/7?limit=10', {
      ...json({ name: 'a' }),
      headers: { 'Content-Type': 'application/json', 'X-Tag': '1, 2' },
    }),
    undefined,
  )
})

test('what is too long to be checked gets 413, announced or not; what is not checked streams without a bound', async (t) => {
  const global = { validateRequest: { maxBodySize: 100 } }
  const plane = await guarding(t, bodyOf({ 'application/json': {}, 'application/octet-stream': {} }), { global })
  const status = async (init: RequestInit) => (await fetch(`${plane.url}/pets/in`, init)).status
  const long = JSON.stringify('x'.repeat(200))
  t.is(await status(post(long, 'application/json')), 413)
  const stream = new ReadableStream({
    pull(controller) {
      controller.enqueue(Buffer.from(long))
      controller.close()
    },
  })
  t.is(await status({ ...post(stream, 'application/json'), duplex: 'half' } as RequestInit), 413)
  t.is(plane.upstream.requests.length, 0)
  t.is(await status(post(Buffer.alloc(2_000_000), 'application/octet-stream')), 200)
  t.is(plane.upstream.last().body.length, 2_000_000)
})

test('the status is a setting; an operation may be left out; nothing is checked where nothing is declared', async (t) => {
  const paths = {
    '/in': { get: { parameters: [parameter('a', 'query', integer)], ...OK } },
    '/free': {
      get: {
        parameters: [parameter('a', 'query', integer)],
        ...OK,
        'x-gateway': { validateRequest: { enabled: false } },
      },
    },
  }
  const plane = await guarding(t, paths, { global: { validateRequest: { errorResponseCode: 400 } } })
  const response = await fetch(`${plane.url}/pets/in?a=secret`)
  t.is(response.status, 400)
  t.is(response.headers.get('content-type'), 'application/problem+json')
  const text = await response.text()
  t.false(text.includes('secret'))
  t.like(JSON.parse(text), {
    type: 'urn:gatehouse:problem:invalid_request',
    status: 400,
    violations: [{ in: 'query', name: 'a', pointer: '' }],
  })
  t.is((await fetch(`${plane.url}/pets/free?a=x`)).status, 200)
  t.is((await fetch(`${plane.url}/pets/elsewhere?a=x`)).status, 200)
})

import test from 'ava'
import type { Operation, RouteMatch } from '../../../src/api/api.ts'
import { buildRouteTable } from '../../../src/api/routes/route-table.ts'

const operation = (line: string): Operation => {
  const [method = '', path = ''] = line.split(/ (.*)/)
  return { id: line, method, path, tags: [], security: [], policies: new Map() }
}

const build = (...lines: string[]) => buildRouteTable(lines.map(operation))

/** `id` and parameters of what matched, or what is said instead. */
const outcome = (match: RouteMatch): unknown => {
  if (match.kind === 'operation') return [match.operation.id, { ...match.parameters }]
  return match.kind === 'notFound' ? 404 : match.allow
}

const route = (lines: readonly string[], request: string): unknown => {
  const [method = '', path = ''] = request.split(/ (.*)/)
  return outcome(build(...lines).table.match(method, path))
}

test('literal goes before literal with a parameter before parameter, whatever the order of the document', (t) => {
  const lines = ['GET /{a}/x', 'GET /pets/{id}', 'GET /pets/{id}.json', 'GET /pets/mine', 'GET /pets/{id}.min.json']
  for (const order of [lines, lines.toReversed()]) {
    t.deepEqual(route(order, 'GET /pets/mine'), ['GET /pets/mine', {}])
    t.deepEqual(route(order, 'GET /pets/7'), ['GET /pets/{id}', { id: '7' }])
    t.deepEqual(route(order, 'GET /pets/7.json'), ['GET /pets/{id}.json', { id: '7' }])
    t.deepEqual(route(order, 'GET /pets/7.min.json'), ['GET /pets/{id}.min.json', { id: '7' }])
    t.deepEqual(route(order, 'GET /pets/x'), ['GET /pets/{id}', { id: 'x' }])
    t.deepEqual(route(order, 'GET /cats/x'), ['GET /{a}/x', { a: 'cats' }])
  }
})

test('a more specific branch that leads nowhere is left for the next one', (t) => {
  const lines = ['GET /a/{x}/b', 'GET /a/c/d', 'GET /{p}/{q}/e', 'GET /{p}.z/{q}/f']
  t.deepEqual(route(lines, 'GET /a/c/b'), ['GET /a/{x}/b', { x: 'c' }])
  t.deepEqual(route(lines, 'GET /a/c/e'), ['GET /{p}/{q}/e', { p: 'a', q: 'c' }])
  t.deepEqual(route(lines, 'GET /a.z/c/e'), ['GET /{p}/{q}/e', { p: 'a.z', q: 'c' }])
  t.is(route(lines, 'GET /a/c/g'), 404)
})

test('a template without the method is such a branch too; 405 names what all matching templates allow', (t) => {
  const lines = ['POST /pets/find', 'GET /pets/{id}', 'DELETE /pets/{id}']
  t.deepEqual(route(lines, 'GET /pets/find'), ['GET /pets/{id}', { id: 'find' }])
  t.deepEqual(route(lines, 'PUT /pets/find'), ['DELETE', 'GET', 'HEAD', 'POST'])
  t.deepEqual(route(lines, 'PUT /pets/1'), ['DELETE', 'GET', 'HEAD'])
})

test('parts of a segment: verbs, extensions, OData keys, several parameters', (t) => {
  const lines = [
    'POST /v1/{name}:undelete',
    'GET /v1/{name}',
    "GET /r/get(period='{p}',top={n})",
    'GET /{x}-{y}',
    'GET /{y}{m}/z',
  ]
  t.deepEqual(route(lines, 'POST /v1/a:b:undelete'), ['POST /v1/{name}:undelete', { name: 'a:b' }])
  t.deepEqual(route(lines, 'GET /v1/a:b'), ['GET /v1/{name}', { name: 'a:b' }])
  t.deepEqual(route(lines, "GET /r/get(period='D7',top=3)"), [lines[2], { p: 'D7', n: '3' }])
  t.deepEqual(route(lines, 'GET /r/get%28period=%27D7%27%2Ctop=3%29'), [lines[2], { p: 'D7', n: '3' }])
  t.deepEqual(route(lines, 'GET /a-b-c'), ['GET /{x}-{y}', { x: 'a', y: 'b-c' }])
  t.is(route(lines, 'GET /-b'), 404)
  t.deepEqual(route(lines, 'GET /199/z'), ['GET /{y}{m}/z', { y: '1', m: '99' }])
})

test('RFC 3986 §6.2.2: spellings of one path are one path, and no escape hides a literal', (t) => {
  const lines = ['GET /café/{id}', 'GET /a b', 'POST /{name}:delete', 'GET /~me', 'GET /{one}', 'GET /{one}/{two}']
  t.deepEqual(route(lines, 'GET /caf%c3%a9/1'), ['GET /café/{id}', { id: '1' }])
  t.deepEqual(route(lines, 'GET /a%20b'), ['GET /a b', {}])
  t.deepEqual(route(lines, 'GET /%7eme'), ['GET /~me', {}])
  t.deepEqual(route(lines, 'POST /x%3Adelete'), ['POST /{name}:delete', { name: 'x' }])
  t.deepEqual(route(lines, 'GET /a%2Fb'), ['GET /{one}', { one: 'a/b' }])
  t.deepEqual(
    route(lines, 'GET /caf\u00c3\u00a9/1'),
    ['GET /café/{id}', { id: '1' }],
    'raw bytes as node:http hands them on',
  )
})

test('a parameter is decoded once, and a bad escape stays as it came', (t) => {
  const lines = ['GET /{p}']
  const value = (path: string) => (route(lines, `GET ${path}`) as [string, { p: string }])[1].p
  t.is(value('/%2541'), '%41')
  t.is(value('/%%341'), '%41', 'an escape does not arise by decoding')
  t.is(value('/%E2%82%AC'), '€')
  t.is(value('/%'), '%')
  t.is(value('/%zz'), '%zz')
  t.is(value('/%ff'), '%FF')
  t.is(value('/a+b'), 'a+b')
})

test('a trailing slash counts as declared, and is forgiven where only the other form is', (t) => {
  const both = ['GET /pets', 'GET /pets/']
  t.deepEqual(route(both, 'GET /pets'), ['GET /pets', {}])
  t.deepEqual(route(both, 'GET /pets/'), ['GET /pets/', {}])
  t.deepEqual(route(['GET /pets/{id}', 'GET /*'], 'GET /pets/1/'), ['GET /pets/{id}', { id: '1' }])
  t.deepEqual(route(['GET /pets/'], 'GET /pets'), ['GET /pets/', {}])
  t.deepEqual(
    route(['GET /pets', '* *'], 'GET /pets/'),
    ['GET /pets', {}],
    'before what stands in for undeclared paths',
  )
  t.is(route(['GET /pets/x'], 'GET /pets//'), 404)
  t.deepEqual(route(['GET /'], 'GET '), ['GET /', {}])
})

test('an empty segment is no parameter; repeated slashes count as one where nothing else matches', (t) => {
  t.is(route(['GET /a/{x}/b'], 'GET /a//b'), 404)
  t.deepEqual(route(['GET /a//b', 'GET /a/b'], 'GET /a//b'), ['GET /a//b', {}])
  t.deepEqual(route(['GET /a/b', '* *'], 'GET //a///b/'), ['GET /a/b', {}], 'no way around what is declared')
  t.is(route(['GET /{a}/{b}'], 'GET //x'), 404)
  t.is(route(['GET /{a}'], 'GET /'), 404)
  t.is(route(['GET /{a}'], 'GET //'), 404)
})

test('RFC 9110 §9.3.2: HEAD is answered by GET unless declared; OPTIONS by nothing', (t) => {
  t.deepEqual(route(['GET /a'], 'HEAD /a'), ['GET /a', {}])
  t.deepEqual(route(['GET /a', 'HEAD /a'], 'HEAD /a'), ['HEAD /a', {}])
  t.deepEqual(route(['GET /a'], 'OPTIONS /a'), ['GET', 'HEAD'])
  t.deepEqual(route(['POST /a'], 'HEAD /a'), ['POST'])
})

test('what nothing matches goes to the stand-in for undeclared paths, when there is one', (t) => {
  t.deepEqual(route(['GET /a', '* *'], 'PUT /a'), ['* *', {}])
  t.deepEqual(route(['* *', 'GET /a'], 'GET /b'), ['* *', {}])
  t.deepEqual(route(['* *'], 'OPTIONS *'), ['* *', {}])
  t.is(route(['GET /a'], 'OPTIONS *'), 404)
  t.deepEqual(
    build('* *', 'GET /a').table.operations.map((one) => one.id),
    ['GET /a'],
  )
})

test('a query or fragment written into a path key takes no part in routing', (t) => {
  t.deepEqual(route(['GET /a?x=1'], 'GET /a'), ['GET /a?x=1', {}])
  t.deepEqual(route(['POST /a/#Action=Do'], 'POST /a/'), ['POST /a/#Action=Do', {}])
  t.deepEqual(route(['GET /a/{id}{?page,size}'], 'GET /a/1'), ['GET /a/{id}{?page,size}', { id: '1' }])
})

test('colliding templates: methods of both are served when disjoint, the first is kept otherwise', (t) => {
  const { table, conflicts } = build('GET /v2/{logName}', 'DELETE /v2/{metricName}', 'GET /v2/{metricName}')
  t.deepEqual(outcome(table.match('GET', '/v2/a')), ['GET /v2/{logName}', { logName: 'a' }])
  t.deepEqual(outcome(table.match('DELETE', '/v2/a')), ['DELETE /v2/{metricName}', { metricName: 'a' }])
  t.deepEqual(conflicts, [{ kind: 'collision', kept: '/v2/{logName}', other: '/v2/{metricName}', dropped: ['GET'] }])
  t.deepEqual(build('GET /a/{b}', 'PUT /a/{c}').conflicts, [
    { kind: 'collision', kept: '/a/{b}', other: '/a/{c}', dropped: [] },
  ])
  t.is(table.operations.length, 3)
})

test('ambiguous pairs are reported with the one that answers first and a path that both match', (t) => {
  t.deepEqual(build('GET /a/{x}/b', 'GET /a/c/{y}').conflicts, [
    { kind: 'ambiguous', first: '/a/c/{y}', second: '/a/{x}/b', methods: ['GET'], example: '/a/c/b' },
  ])
  t.deepEqual(build('GET /{x}b', 'GET /a{x}').conflicts, [
    { kind: 'ambiguous', first: '/a{x}', second: '/{x}b', methods: ['GET'], example: '/axb' },
  ])
  t.deepEqual(build('GET /a/{x}/b', 'POST /a/c/{y}').conflicts, [], 'no method in common')
  t.deepEqual(
    build('GET /a/{x}', 'GET /a/c', 'GET /a/{x}.json', 'GET /a/{x}.min.json').conflicts,
    [],
    'one in the other',
  )
  t.deepEqual(build('GET /a/{x}/b', 'GET /a/c/{y}/d').conflicts, [])
})

test('names that mean something to JavaScript are names like any other', (t) => {
  const { table } = build('GET /{__proto__}/{constructor}', 'GET /constructor')
  const match = table.match('GET', '/a/b')
  if (match.kind !== 'operation') return t.fail()
  t.is(Object.getOwnPropertyDescriptor(match.parameters, '__proto__')?.value, 'a')
  t.is(match.parameters['constructor'], 'b')
  t.deepEqual(outcome(table.match('constructor', '/a/b')), ['GET', 'HEAD'])
  t.is(outcome(table.match('GET', '/__proto__')), 404)
})

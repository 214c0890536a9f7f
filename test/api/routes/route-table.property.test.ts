import test from 'ava'
import fc from 'fast-check'
import type { Operation } from '../../../src/api/api.ts'
import { buildRouteTable } from '../../../src/api/routes/route-table.ts'
import { cpuTimeOf } from '../../_kit/cpu-time.ts'

/** The rule as one would write it down, without any cleverness: try all templates, keep the lowest rank. */
function naiveMatch(operations: readonly Operation[], method: string, path: string): string {
  const plain = decodeSafe(path)
  const merged = plain.replace(/\/+/g, '/')
  for (const text of [plain, otherSlash(plain), merged, otherSlash(merged)]) {
    const fitting = operations.filter((one) => one.method === method && expression(one.path).test(text))
    const best = fitting.toSorted((a, b) => (rank(a.path) < rank(b.path) ? -1 : Number(rank(a.path) > rank(b.path))))[0]
    if (best) return best.id
  }
  return 'none'
}

const otherSlash = (path: string): string => (path.endsWith('/') && path !== '/' ? path.slice(0, -1) : `${path}/`)

/** The only escape that the generator makes of a character that needs none. */
const decodeSafe = (path: string): string => path.replaceAll('%61', 'a').replaceAll('%3a', ':')

const expression = (template: string): RegExp =>
  new RegExp(`^${template.replace(/[.()]/g, '\\$&').replace(/\{[^}]*\}/g, '[^/]+')}$`)

/** Sorts as the segments do: literal, then mixed with the longest text first and equal ones by text, then parameter. */
const rank = (template: string): string =>
  template
    .split('/')
    .map((segment) => {
      const key = segment.replace(/\{[^}]*\}/g, '{}')
      if (key === segment) return '0'
      return key === '{}' ? '2' : `1${String(99 - key.replaceAll('{}', '').length).padStart(2, '0')}${key}`
    })
    .join('\u0001')

const templateSegment = fc.constantFrom(
  'a',
  'b',
  'ab',
  'a.b',
  '',
  '{x}',
  '{y}',
  '{x}.b',
  'a{x}',
  '{x}:a',
  'a{x}b',
  '{x}-{y}',
)
const requestSegment = fc.constantFrom(
  'a',
  'b',
  'ab',
  'aab',
  'a.b',
  'ab.b',
  'b%3aa',
  'a-b',
  'x',
  '%61',
  '',
  '-',
  '%zz',
  '%2Fa',
)
const joined = (segment: fc.Arbitrary<string>) =>
  fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join('/')}`)
const method = fc.constantFrom('GET', 'POST')

const operations = fc
  .uniqueArray(fc.tuple(method, joined(templateSegment)), {
    maxLength: 14,
    selector: ([verb, path]) => `${verb} ${path.replace(/\{[^}]*\}/g, '{}')}`,
  })
  .map((pairs) =>
    pairs.map(([verb, path]): Operation => {
      return { id: `${verb} ${path}`, method: verb, path, tags: [], security: [], policies: new Map() }
    }),
  )

test('the table matches as the rule says, for any operations in any order', (t) => {
  fc.assert(
    fc.property(
      operations,
      fc.array(fc.tuple(method, joined(requestSegment)), { minLength: 8, maxLength: 8 }),
      (all, requests) => {
        const tables = [buildRouteTable(all).table, buildRouteTable(all.toReversed()).table]
        for (const [verb, path] of requests) {
          const expected = naiveMatch(all, verb, path)
          for (const table of tables) {
            const match = table.match(verb, path)
            const found = match.kind === 'operation' ? match.operation.id : 'none'
            if (found !== expected) throw new Error(`${verb} ${path}: ${found}, not ${expected}`)
          }
        }
      },
    ),
    { numRuns: 1500 },
  )
  t.pass()
})

test('no path and no method makes matching throw', (t) => {
  const { table } = buildRouteTable([
    { id: 'a', method: 'GET', path: '/{a}/é{b}c/{d}', tags: [], security: [], policies: new Map() },
  ])
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (verb, path) => {
      table.match(verb, path)
      table.match('GET', `/x/%C3%A9${path}c/%`)
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

test('any template compiles', (t) => {
  const text = fc
    .array(fc.constantFrom('/', '{', '}', '?', '#', 'a', '{b}', '%', 'é', '\ud800'))
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), (paths) => {
      buildRouteTable(
        paths.map((path) => ({ id: path, method: 'get', path, tags: [], security: [], policies: new Map() })),
      )
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

/** Every way to write `depth` segments as `x` or as a parameter: the table in which going back costs most. */
const everyWay = (depth: number): Operation[] =>
  Array.from({ length: 2 ** depth }, (_, bits) => {
    const path = Array.from({ length: depth }, (_, at) => `/${(bits >> at) & 1 ? 'x' : '{p}'}`).join('')
    return { id: path, method: 'GET', path: `${path}/end`, tags: [], security: [], policies: new Map() }
  })

test('a hostile table costs a walk over itself at most, a hostile path its own length', async (t) => {
  const wide = buildRouteTable(everyWay(10)).table
  const deep = buildRouteTable(
    Array.from({ length: 60 }, (_, at): Operation => {
      const path = `${'/x'.repeat(at)}/{p}${'/x'.repeat(60 - at)}/y`
      return { id: path, method: 'GET', path, tags: [], security: [], policies: new Map() }
    }),
  ).table
  const many = buildRouteTable([
    { id: 'm', method: 'GET', path: `/${'{a}a'.repeat(30)}b`, tags: [], security: [], policies: new Map() },
  ]).table
  const took = await cpuTimeOf(() => {
    for (let turn = 0; turn < 100; turn++) {
      t.is(wide.match('GET', `${'/x'.repeat(10)}/no`).kind, 'notFound')
      t.is(deep.match('GET', `${'/x'.repeat(61)}/z`).kind, 'notFound')
      t.is(many.match('GET', `/${'a'.repeat(8000)}`).kind, 'notFound')
      t.is(wide.match('GET', '/x%'.repeat(5000)).kind, 'notFound')
    }
  })
  const perRequest = took / 400
  t.true(perRequest < 5, `${perRequest} ms a request; exponential backtracking would take years`)
})

test('ten thousand templates that overlap everywhere compile in bounded time', async (t) => {
  const took = await cpuTimeOf(() => t.true(buildRouteTable(everyWay(13)).conflicts.length > 0))
  t.true(took < 4000, `${took} ms`)
})

test('a template of thousands of segments, or thousands of patterns in one place, compile and match', (t) => {
  const long = `${'/{p}/a'.repeat(20_000)}`
  const { table } = buildRouteTable([
    { id: 'long', method: 'GET', path: long, tags: [], security: [], policies: new Map() },
    ...Array.from({ length: 5000 }, (_, at): Operation => {
      return { id: `v${at}`, method: 'GET', path: `/{p}:v${at}`, tags: [], security: [], policies: new Map() }
    }),
  ])
  const match = table.match('GET', '/b/a'.repeat(20_000))
  t.is(match.kind === 'operation' && match.operation.id, 'long')
  const verb = table.match('GET', '/x:v4999')
  t.is(verb.kind === 'operation' && verb.operation.id, 'v4999')
})

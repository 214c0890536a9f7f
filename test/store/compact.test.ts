import test from 'ava'
import fc from 'fast-check'
import { decodeCompact, encodeCompact } from '../../src/store/compact.ts'
import { SHAPES, WORDS } from '../../src/store/compact-words.ts'

const digest = 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg'
const context = { id: digest, expiresAt: 1_800_000_000_000 }
const roundTrip = (value: unknown) => decodeCompact(encodeCompact(value, context), 0, context)
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('every JSON value comes back from its compact form as it does from JSON', (t) => {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom(...WORDS, digest, '__proto__'))
  const number = fc.oneof(
    fc.double(),
    fc.maxSafeInteger(),
    fc.integer({ min: -40, max: 40 }),
    fc.constantFrom(context.expiresAt, context.expiresAt - 1, context.expiresAt + 1, -0, 2 ** 53, -(2 ** 60)),
  )
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 4 }, text, number, fc.boolean(), fc.constant(null), tie('list'), tie('map')),
    list: fc.array(tie('any'), { maxLength: 20 }),
    map: fc.dictionary(text, tie('any'), { maxKeys: 20, noNullPrototype: true }),
  })).any
  t.notThrows(() =>
    fc.assert(
      fc.property(value, (one) => {
        t.deepEqual(roundTrip(one), json(one))
      }),
      { numRuns: 300 },
    ),
  )
})

test('what JSON converts or leaves out is converted or left out', (t) => {
  const odd = { a: undefined, b: new Date(0), c: [undefined, () => 1], d: Number.NaN, e: { toJSON: () => ({ f: 1 }) } }
  t.deepEqual(roundTrip(odd), json(odd))
  for (const value of [undefined, () => 1, Symbol('s'), 1n, { a: 1n }])
    t.throws(() => roundTrip(value), { instanceOf: TypeError })
})

test('an object whose one member is called like many is no shape', (t) => {
  for (const shape of SHAPES) t.deepEqual(roundTrip({ [shape.join()]: 1 }), { [shape.join()]: 1 })
})

test('text that only looks like base64url of a digest stays as it is', (t) => {
  for (const text of [
    `${digest.slice(0, 42)}h`,
    `${digest.slice(0, 42)}=`,
    `${digest.slice(0, 41)}é`,
    'A'.repeat(22),
  ]) {
    t.is(roundTrip(text), text)
  }
})

test('an access token takes less than a hundred bytes', (t) => {
  const expiresAt = context.expiresAt
  const record = {
    digest,
    api: 'step-on',
    scheme: 'oauth',
    clientId: 'bm90IHJlYWxseSByYW5kbQ',
    subject: 'user-1234',
    scope: ['read:steps', 'write:steps'],
    grantType: 'authorization_code',
    grantId: 'bm90IHJlYWxseSByYW5kbQ',
    metadata: {},
    issuedAt: expiresAt - 3_600_000,
    expiresAt,
  }
  t.true(encodeCompact(record, context).length < 100)
  t.deepEqual(roundTrip(record), record)
})

test('bytes that are no compact value are refused', (t) => {
  const encoded = encodeCompact({ a: ['text', 1000, digest.slice(1)] }, context)
  t.throws(() => decodeCompact(encoded.subarray(0, 5), 0, context), { instanceOf: RangeError })
  t.throws(() => decodeCompact(Buffer.from([15]), 0, context), { instanceOf: RangeError })
})

test('the tables of words and shapes fit into their bytes', (t) => {
  t.true(WORDS.length <= 64 && SHAPES.length <= 16)
  t.is(new Set(WORDS).size, WORDS.length)
})

import { Ajv2020 } from 'ajv/dist/2020.js'
import test from 'ava'
import fc from 'fast-check'
import { linearPattern } from '../../../src/api/contract/linear-pattern.ts'
import { loadDocument } from '../../../src/document/load-document.ts'
import { childOf } from '../../../src/document/node.ts'
import { sampleOf } from '../../../src/gateway/mock/sample.ts'
import { schemaCompiler } from '../../../src/gateway/validation/schema/compile-schema.ts'
import { Run } from '../../../src/gateway/validation/schema/run.ts'

const NAMES = ['a', 'b', 'a/b', 'é'] // ajv is not exact about names of prototypes
const name = fc.constantFrom(...NAMES)
const small = fc.integer({ min: 0, max: 4 })
const scalar = fc.oneof(fc.constantFrom(null, true, false, '', 'a', 'ab', 'äb', 0, 1, 2, 2.5, 3), small)

/** Values of the size and with the names that the schemas speak of. */
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
}))

const type = fc.constantFrom('null', 'boolean', 'integer', 'number', 'string', 'array', 'object')

/** Schemas of draft 2020-12 in which most keywords stand beside most others. */
const { schema } = fc.letrec<{ schema: unknown; object: object }>((tie) => {
  const schemas = fc.array(tie('schema'), { minLength: 1, maxLength: 3 })
  const map = fc.array(fc.tuple(name, tie('schema')), { maxLength: 3 }).map((entries) => Object.fromEntries(entries))
  const keywords: Record<string, fc.Arbitrary<unknown>> = {
    type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })),
    enum: fc.uniqueArray(value, { minLength: 1, maxLength: 3, comparator: 'IsStrictlyEqual' }),
    const: value,
    minimum: small,
    exclusiveMaximum: small,
    multipleOf: fc.constantFrom(1, 2, 0.5),
    minLength: small,
    maxLength: small,
    pattern: fc.constantFrom('^a', 'b$', '^.$', 'x*'),
    minItems: small,
    maxItems: small,
    uniqueItems: fc.boolean(),
    prefixItems: schemas,
    items: tie('schema'),
    contains: tie('schema'),
    minContains: small,
    maxContains: small,
    minProperties: small,
    maxProperties: small,
    required: fc.uniqueArray(name, { maxLength: 2 }),
    properties: map,
    patternProperties: fc.constantFrom({ '^a': { type: 'string' } }, { b$: false }, {}),
    additionalProperties: tie('schema'),
    propertyNames: fc.constantFrom({ maxLength: 1 }, { pattern: '^a' }, { enum: NAMES }),
    dependentRequired: fc.constantFrom({ a: ['b'] }, { 'a/b': ['a', 'b'] }),
    dependentSchemas: fc.constantFrom({ a: { minProperties: 2 } }, { b: false }),
    unevaluatedProperties: tie('schema'),
    allOf: schemas,
    anyOf: schemas,
    oneOf: schemas,
    not: tie('schema'),
    if: tie('schema'),
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: tie('schema'),
    else: tie('schema'),
    $ref: fc.constantFrom('#/components/schemas/Text', '#/components/schemas/Pair'),
  }
  const member = fc
    .constantFrom(...Object.keys(keywords))
    .chain((key) => fc.tuple(fc.constant(key), keywords[key] ?? fc.constant(true)))
  return {
    object: fc.array(member, { maxLength: 4 }).map((entries) => Object.fromEntries(entries) as object),
    schema: fc.oneof({ depthSize: 'small', maxDepth: 3 }, fc.boolean(), tie('object'), tie('object'), tie('object')),
  }
})

const schemas = {
  Text: { type: 'string', minLength: 1 },
  Pair: { type: 'object', properties: { a: { $ref: '#/components/schemas/Text' }, b: true }, required: ['a'] },
}

function ours(written: unknown) {
  const text = JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'a', version: '1' },
    paths: {},
    components: { schemas: { ...schemas, Own: written } },
  })
  const { document } = loadDocument('a.json', text)
  if (!document) throw new Error(text)
  const node = childOf(document.root, 'components', 'schemas', 'Own')
  const check = schemaCompiler(document)(node)
  return {
    document,
    node,
    decide: (one: unknown) => {
      const run = new Run()
      const holds = check(one, '', run, undefined)
      if (holds !== (run.violations.length === 0)) throw new Error('what is wrong must be said, and nothing else')
      return holds
    },
  }
}

const ajv = () =>
  new Ajv2020({ strict: false, validateFormats: false, logger: false, allErrors: true, ownProperties: true })

/** Some of the code that ajv generates refers to variables that are not there: it has no opinion then. */
function oracle(written: object): (one: unknown) => boolean | undefined {
  const check = ajv().compile(written)
  return (one) => {
    try {
      return check(one)
    } catch (error) {
      if (error instanceof ReferenceError) return undefined
      throw error
    }
  }
}

test('JSON Schema 2020-12: whatever the schema and the value, the outcome is that of ajv', (t) => {
  fc.assert(
    fc.property(schema, fc.array(value, { minLength: 1, maxLength: 8 }), (written, values) => {
      const plain = JSON.parse(JSON.stringify(written)) as unknown
      const theirs = oracle({ $ref: '#/own', own: plain, components: { schemas } })
      const { decide } = ours(plain)
      for (const one of values) {
        const json = JSON.parse(JSON.stringify(one)) as unknown
        const expected = theirs(json)
        if (expected !== undefined && decide(json) !== expected)
          throw new Error(`${JSON.stringify(json)}: not ${expected}`)
      }
    }),
    { seed: 2020_12, numRuns: 100 },
  )
  t.pass()
})

test('JSON Schema 2020-12 §11.2: `contains` looks at items for `unevaluatedItems`, and so do schemas of the same array', (t) => {
  const { decide } = ours({
    allOf: [{ prefixItems: [{ type: 'string' }] }],
    contains: { type: 'integer' },
    unevaluatedItems: { type: 'null' },
  })
  t.deepEqual([['a', 1, null], ['a', 1, 2], ['a', 1, 'b'], [1], ['a']].map(decide), [true, true, false, false, false])
})

test('a pattern decides as ECMA-262 does', (t) => {
  const piece = fc.constantFrom(
    'a',
    'b',
    '.',
    '\\d',
    '\\w',
    '\\s',
    '\\S',
    '[ab]',
    '[^a]',
    '[\\s\\d]',
    '\\.',
    '(?:a|b)',
    '(a)',
    '^',
    '$',
    '\\b',
    '\\u00e9',
    '[\\u00e0-\\u00ff]',
    '\\p{L}',
  )
  const count = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{0,2}', '{1,}', '*?')
  const pattern = fc
    .array(fc.tuple(piece, count), { minLength: 1, maxLength: 5 })
    .map((pieces) => pieces.map(([text, times]) => (/^(?:\^|\$|\\b)$/.test(text) ? text : text + times)).join(''))
  const text = fc
    .array(fc.constantFrom('a', 'b', '1', ' ', '\u00a0', '\n', '\u2028', '.', 'é', '😀', '_'), { maxLength: 8 })
    .map((all) => all.join(''))
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 6 }), (source, texts) => {
      const test = linearPattern(source)
      // V8 14.6 has /[^a]$/u not match '😀'; at the same place, what no character follows matches as it should.
      const native = new RegExp(source.replaceAll('$', '(?![^])'), 'u')
      return test !== undefined && texts.every((one) => test(one) === native.test(one))
    }),
    { numRuns: 1500 },
  )
  t.pass()
})

test('lookaheads at the beginning of a pattern count; what RE2 has not, and what would cost too much, is no pattern', (t) => {
  const password = linearPattern('^(?=.*\\d)(?=.*[a-z])(?!.*\\s).{8,}$')
  t.deepEqual(
    ['abcdefg1', 'abcdefgh', 'abc defg1', 'a1'].map((text) => password?.(text)),
    [true, false, false, false],
  )
  t.true(linearPattern('^.{1,2000}$')?.('a'.repeat(2000)))
  t.false(linearPattern('^.{1,2000}$')?.('a'.repeat(2001)))
  const before = process.cpuUsage()
  for (const source of [
    '(a)\\1',
    '(?<=a)b',
    'a(?=b)',
    '(',
    '^(?=a)|b',
    '.{0,1000}'.repeat(400),
    `${'('.repeat(300)}a${'{9})'.repeat(300)}`,
    'a'.repeat(5000),
  ]) {
    t.is(linearPattern(source), undefined, source.slice(0, 20))
  }
  for (const source of [
    '^(a+)+$',
    '^(a|a|aa)+$',
    '(x+x+)+y',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    `${'.{0,1000}'.repeat(4)}b`,
  ]) {
    t.false(linearPattern(source)?.(`${'a'.repeat(20_000)}!`), source.slice(0, 20))
  }
  const { user, system } = process.cpuUsage(before)
  t.true((user + system) / 1000 < 5000)
})

test('a value that is made of a schema without contradictions satisfies it', (t) => {
  const bounded = fc.constantFrom<object>(
    { type: 'string', minLength: 3, maxLength: 7 },
    { type: 'string', format: 'date-time' },
    { type: 'integer', exclusiveMinimum: 5 },
    { type: 'integer', minimum: 7, multipleOf: 4 },
    { type: 'number', exclusiveMinimum: 0.1, maximum: 0.3 },
    { type: 'number', maximum: -2 },
    { type: ['null', 'integer'] },
    { enum: ['x', 1] },
    { const: null },
    { type: 'array', minItems: 2, items: { type: 'boolean' } },
    { $ref: '#/components/schemas/Pair' },
  )
  const composed = fc
    .dictionary(name, bounded, { maxKeys: 3 })
    .chain((properties) =>
      fc.constantFrom<object>(
        { type: 'object', properties, required: Object.keys(properties) },
        { type: 'array', minItems: 1, items: { properties, required: Object.keys(properties) } },
        { allOf: [{ type: 'object', properties: { other: { const: 1 } } }, { $ref: '#/components/schemas/Pair' }] },
        { oneOf: [{ type: 'object', properties, required: ['zz'] }, false] },
      ),
    )
  fc.assert(
    fc.property(fc.oneof(bounded, composed), (written) => {
      const { document, node, decide } = ours(written)
      return 'oneOf' in written || decide(sampleOf(node, document))
    }),
    { numRuns: 300 },
  )
  t.pass()
})

import test from 'ava'
import { readSource } from '../../src/document/read-source.ts'
import { cpuTimeOf } from '../_kit/cpu-time.ts'

const codes = (text: string) => readSource('a', text).diagnostics.map(({ code }) => code)
const value = (text: string) => readSource('a', text).source?.value

test('JSON and YAML are told apart by content, not by the name of the file', (t) => {
  t.is(readSource('a.yaml', '{"openapi": "3.0.3"}').source?.format, 'json')
  t.is(readSource('a.json', 'openapi: 3.0.3').source?.format, 'yaml')
  t.deepEqual(value('{openapi: 3.0.3, paths: {}}'), { openapi: '3.0.3', paths: {} })
})

test('a trailing comma and comments in JSON are hints at their position', (t) => {
  const text = '{\n  // the version\n  "a": [1, 2,],\n}\n'
  const { source, diagnostics } = readSource('a', text)
  t.deepEqual(source?.value, { a: [1, 2] })
  t.deepEqual(
    diagnostics.map(({ code, severity }) => [code, severity]),
    [['GW1103', 'hint']],
  )
  const comma = readSource('a', '{\n  "a": true,\n}').diagnostics[0]
  t.deepEqual([comma?.line, comma?.column, comma?.endColumn], [2, 12, 13])
})

test('a byte order mark and CRLF move no position', (t) => {
  const json = readSource('a', '\uFEFF{\r\n  "a": {\r\n    "b": 1\r\n  }\r\n}').source
  t.deepEqual(json?.locate(['a', 'b'], 'value'), { line: 3, column: 10, endLine: 3, endColumn: 11 })
  const yaml = readSource('a', '\uFEFFa:\r\n  b: text\r\n').source
  t.deepEqual(yaml?.locate(['a', 'b'], 'value'), { line: 2, column: 6, endLine: 2, endColumn: 10 })
  t.deepEqual(yaml?.locate(['a', 'b'], 'key'), { line: 2, column: 3, endLine: 2, endColumn: 4 })
  t.deepEqual(readSource('a', '\uFEFFb: 1').source?.locate(['b'], 'key'), {
    line: 1,
    column: 1,
    endLine: 1,
    endColumn: 2,
  })
})

test('keys and values are found in JSON whatever stands between them', (t) => {
  const text = '{ "x": "}]\\"{", /* } */ "a": [ {"k": -1.5e3}, [], "s" ], "a/b": null, "é": {} }'
  const source = readSource('a', text).source
  const at = (path: (string | number)[], part: 'key' | 'value') => {
    const range = source?.locate(path, part)
    return range && text.slice(range.column - 1, range.endColumn - 1)
  }
  t.is(at(['x'], 'value'), '"}]\\"{"')
  t.is(at(['a', 0, 'k'], 'value'), '-1.5e3')
  t.is(at(['a', 0, 'k'], 'key'), '"k"')
  t.is(at(['a', 1], 'value'), '[]')
  t.is(at(['a', 2], 'key'), '"s"')
  t.is(at(['a/b'], 'value'), 'null')
  t.is(at(['é'], 'key'), '"é"')
})

test('where a path leads nowhere, the nearest ancestor answers', (t) => {
  for (const text of ['{"a":\n {"b": 1}}', 'a:\n  b: 1\n']) {
    const source = readSource('a', text).source
    t.deepEqual(source?.locate(['a', 'z', 'y'], 'key'), source?.locate(['a'], 'key'))
    t.is(source?.locate(['z'], 'key').line, 1)
  }
})

test('YAML aliases and merge keys are located where they are written', (t) => {
  const source = readSource('a', 'base: &base\n  x: 1\nuse:\n  <<: *base\n  y: 2\nalias: *base\n').source
  t.deepEqual(source?.value, { base: { x: 1 }, use: { x: 1, y: 2 }, alias: { x: 1 } })
  t.is(source?.locate(['use', 'x'], 'value').line, 2)
  t.is(source?.locate(['use', 'y'], 'value').line, 5)
  t.is(source?.locate(['alias', 'x'], 'key').line, 2)
})

test('a status code written as a number is a key like any other', (t) => {
  const source = readSource('a', 'responses:\n  200:\n    description: fine\n').source
  t.deepEqual(source?.value, { responses: { 200: { description: 'fine' } } })
  t.is(source?.locate(['responses', '200', 'description'], 'value').line, 3)
})

test('a key that stands twice is an error in JSON and in YAML, at the second one', (t) => {
  const [json] = readSource('a', '{"a": 1,\n "b": {"c": 1, "c": 2}}').diagnostics
  t.deepEqual([json?.code, json?.severity, json?.line, json?.column], ['GW1104', 'error', 2, 16])
  const [yaml] = readSource('a', 'a: 1\nb: 1\na: 2\n').diagnostics
  t.deepEqual([yaml?.code, yaml?.line, yaml?.column], ['GW1104', 3, 1])
  t.deepEqual(codes('{"a": {"x": 1}, "b": {"x": ":\\":"}}'), [])
  t.deepEqual(codes('{"__proto__": 1, "__proto__": 2}'), ['GW1104'])
})

test('keys are told apart by the text that they become', (t) => {
  t.deepEqual(codes('1: a\n"1": b\n'), ['GW1104'])
  t.deepEqual(codes('"<<": a\nx: {<<: {a: 1}, a: 2}\n'), [])
})

test('objects of many keys, and many uses of one alias, are read in one pass', async (t) => {
  const took = await cpuTimeOf(() => {
    t.deepEqual(codes(Array.from({ length: 20_000 }, (_, index) => `key${index}: 1`).join('\n')), [])
    t.deepEqual(codes(`x: &x {a: 1}\n${Array.from({ length: 3000 }, (_, index) => `key${index}: *x`).join('\n')}`), [])
  })
  t.true(took < 3000)
})

test('what is neither JSON nor YAML says where it breaks', (t) => {
  const [problem] = readSource('a', '{\n  "a": 1\n  "b": 2\n}').diagnostics
  t.deepEqual([problem?.code, problem?.line], ['GW1102', 3])
  t.is(readSource('a', 'a: [1\nb: 2').source, undefined)
  t.is(readSource('a', 'a: 1\n---\nb: 2').source, undefined)
  t.deepEqual(codes('key: !!js/function "x"'), ['GW1106'])
})

test('__proto__ is a key, not a prototype', (t) => {
  for (const text of [
    '{"__proto__": {"polluted": true}}',
    '__proto__:\n  polluted: true\n',
    '<<: {__proto__: {polluted: true}}',
  ]) {
    const read = value(text)
    t.is(({} as Record<string, unknown>)['polluted'], undefined)
    t.is((read as Record<string, unknown>)['polluted'], undefined, text)
    t.true(Object.hasOwn(read as object, '__proto__'), text)
  }
})

const nest = (open: string, close: string, count: number): string => `${open.repeat(count)}1${close.repeat(count)}`
const laughs = [
  'a: &a [x, x]',
  ...['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, index) => {
    const before = 'abcdefgh'[index]
    return `${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`
  }),
].join('\n')

const BOMBS: readonly (readonly [name: string, text: string])[] = [
  ['nested objects', nest('{"a":', '}', 50_000)],
  ['nested arrays', nest('[', ']', 100_000)],
  ['nested arrays with a comment', `// x\n${nest('[', ']', 50_000)}`],
  ['nested flow sequences', `a: ${nest('[', ']', 5000)}`],
  ['nested block mappings', Array.from({ length: 1500 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ['aliases that multiply', laughs],
  ['an alias of itself', 'a: &a [*a, *a]'],
  ['an alias of itself below a merge key', 'a: &a\n  <<: *a\n  b: *a'],
  ['an unknown alias', 'a: *nobody'],
]

for (const [name, text] of BOMBS) {
  test(`a bomb ends in a diagnostic within two seconds: ${name}`, async (t) => {
    const took = await cpuTimeOf(() => {
      const { source, diagnostics } = readSource('a', text)
      t.is(source, undefined)
      t.true(diagnostics.some(({ severity }) => severity === 'error'))
    })
    t.true(took < 2000, `${took} ms`)
  })
}

test('a text that is too large is refused unread', (t) => {
  t.deepEqual(codes(`{"a":"${'x'.repeat(64 * 1024 * 1024)}"}`), ['GW1101'])
  t.deepEqual(codes(`a: ${'x'.repeat(12 * 1024 * 1024)}`), ['GW1101'])
})

test('depth within the limit is read', (t) => {
  t.not(value(nest('{"a":', '}', 200)), undefined)
  t.deepEqual(codes(nest('{"a":', '}', 257)), ['GW1105'])
})

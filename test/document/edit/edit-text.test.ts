import test from 'ava'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { editText } from '../../../src/document/edit/edit-text.ts'
import { readSource } from '../../../src/document/read-source.ts'

type Json = Record<string, unknown>
// biome-ignore lint/suspicious/noExplicitAny: a change of a document reaches into it like a script does
type Draft = any

/** The text after a change of its value; fails where it cannot be edited. */
function after(text: string, change: (draft: Draft) => void): string {
  const draft: Draft = JSON.parse(JSON.stringify(readSource('x', text).source?.value))
  change(draft)
  const edited = editText(text, draft)
  if (!edited.ok) throw new Error(edited.error.kind)
  return edited.value
}

const YAML = `# head
openapi: 3.1.0   # version
info: {title: "A", version: '1'}   # flow
x-gateway:
  # about info
  info: &i # anchored
    name: Pets  # the name
  server:
    listenPath:
      value: '/pets/'
      # strip stays
      strip: true

  # end of gateway
paths:
  /a:
    get:
      security:
        - oauth: []
          x: 1
        # second
        - key: []
other: *i
merged:
  <<: *i
  extra: 1
`

/** A golden text: `YAML` with lines replaced. */
const lines = (...changes: readonly (readonly [string, string])[]): string =>
  changes.reduce((text, [from, to]) => text.replace(from, () => to), YAML)

test('a scalar is replaced in its own quotes, and nothing else changes', (t) => {
  const edited = after(YAML, (d) => {
    d['x-gateway'].server.listenPath.value = '/cats/'
    d.info.title = 'B'
  })
  t.is(edited, lines(["'/pets/'", "'/cats/'"], ['"A"', '"B"']))
})

test('a new key stands at the end of its object, below the comments that belong there', (t) => {
  const edited = after(YAML, (d) => {
    d['x-gateway'].server.hosts = ['a.example']
    d['x-gateway'].server.listenPath.x = { deep: true }
    d.info.summary = 'no'
  })
  const want = lines(
    ['      strip: true\n', '      strip: true\n      x:\n        deep: true\n    hosts:\n      - a.example\n'],
    ["version: '1'}", "version: '1', summary: 'no'}"],
  )
  t.is(edited, want)
})

test('what is removed goes with its lines; comments above stay', (t) => {
  t.is(
    after(YAML, (d) => void delete d['x-gateway'].server.listenPath.strip),
    lines(['      strip: true\n', '']),
  )
  t.is(
    after(YAML, (d) => void d.paths['/a'].get.security.shift()),
    lines(['        - oauth: []\n          x: 1\n', '']),
  )
  t.is(
    after(YAML, (d) => void delete d.paths['/a'].get.security[0].oauth),
    lines(['- oauth: []\n          x: 1\n', '- x: 1\n']),
  )
})

test('a key that is renamed keeps what stands below it, with its comments', (t) => {
  const edited = after(YAML, (d) => {
    d['x-gateway'].server.at = d['x-gateway'].server.listenPath
    delete d['x-gateway'].server.listenPath
  })
  t.is(edited, lines(['listenPath:', 'at:']))
})

test('a copy of what an alias stood for keeps the digits of integers beyond 2^53', (t) => {
  const text = `a:
  most: &most 9223372036854775807
  both: &both { least: -9223372036854775808, n: 0x10, names: { 200: ok, 1: [2.50, true, null] } }
b: { most: *most, both: *both }
`
  t.is(
    after(text, (draft) => delete draft.a),
    'b: { most: 9223372036854775807, both: { least: -9223372036854775808, "n": 16, names: { "1": [2.5, true, null], "200": ok } } }\n',
  )
  const keyed = '1: &one { 9007199254740993: 9007199254740993 }\n2: *one\n3: first\n'
  t.is(
    after(keyed, (draft) => {
      draft['3'] = 'second'
    }),
    keyed.replace('first', 'second'),
  )
})

test('aliases stay where they still say the right thing, and become copies where they do not', (t) => {
  const both = after(YAML, (d) => {
    for (const part of [d['x-gateway'].info, d.other, d.merged]) part.name = 'Dogs'
  })
  t.is(both, lines(['name: Pets', 'name: Dogs']))
  const here = after(YAML, (d) => {
    d['x-gateway'].info.name = 'Dogs'
  })
  t.is(
    here,
    lines(['name: Pets', 'name: Dogs'], [' *i\nm', '\n  name: Pets\nm'], ['extra: 1', 'extra: 1\n  name: Pets']),
  )
  const gone = after(YAML, (d) => void delete d['x-gateway'].info)
  t.is(
    gone,
    lines(
      ['  info: &i # anchored\n    name: Pets  # the name\n', ''],
      ['other: *i', 'other: { name: Pets }'],
      ['<<: *i', '<<: { name: Pets }'],
    ),
  )
})

test('merge keys are overridden in place', (t) => {
  t.is(
    after(YAML, (d) => {
      d.merged.name = 'M'
    }),
    lines(['extra: 1', 'extra: 1\n  name: M']),
  )
})

test('CRLF, byte order mark, tabs and a missing last line break stay', (t) => {
  const crlf = `\ufeff${YAML.replaceAll('\n', '\r\n').trimEnd()}`
  const edited = after(crlf, (d) => {
    d.merged.more = { a: [1] }
    d['x-gateway'].upstream = { url: 'http://x' }
  })
  const want = lines(['strip: true\n', 'strip: true\n  upstream:\n    url: http://x\n']).trimEnd()
  t.is(edited, `\ufeff${`${want}\n  more:\n    a:\n      - 1`.replaceAll('\n', '\r\n')}`)
  const tabs = '{\n\t"a": {\n\t\t"b": 1\n\t}\n}\n'
  t.is(
    after(tabs, (d) => {
      d.a.c = { d: 2 }
    }),
    '{\n\t"a": {\n\t\t"b": 1,\n\t\t"c": {\n\t\t\t"d": 2\n\t\t}\n\t}\n}\n',
  )
})

test('JSON keeps comments, trailing commas and its way to be written in one line or several', (t) => {
  const json = '{\n  // one\n  "a": 1, // about a\n  "b": [1, 2],\n  "c": {\n    "y": 2 // y\n  }\n}\n'
  t.is(
    after(json, (d) => {
      d.c.z = 3
      d.b.push(4)
    }),
    '{\n  // one\n  "a": 1, // about a\n  "b": [1, 2, 4],\n  "c": {\n    "y": 2, // y\n    "z": 3\n  }\n}\n',
  )
  t.is(
    after(json, (d) => void delete d.c),
    '{\n  // one\n  "a": 1, // about a\n  "b": [1, 2]\n}\n',
  )
  t.is(
    after('{"a":1,"b":{"c":[1,2]},}', (d) => {
      d.b.d = { x: 1 }
      d.z = [1, { q: 2 }]
      delete d.a
    }),
    '{"b":{"c":[1,2],"d":{"x":1}},"z":[1,{"q":2}],}',
  )
})

test('a text that says it already comes back as it is, and one that is broken is refused', (t) => {
  t.is(
    after(YAML, () => undefined),
    YAML,
  )
  const broken = editText('a: [1', { a: [1] })
  t.false(broken.ok)
  t.is(broken.ok ? '' : broken.error.kind, 'unreadable')
})

const key = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'd e', 'x-y', '$ref', '200', 'no', 'a: b', '#k'),
  fc.string({ maxLength: 4 }).filter((text) => text !== '__proto__' && text !== '<<'),
)
const leaf = fc.oneof(
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.string({ maxLength: 12 }),
  fc.constantFrom('multi\nline', '  lead', 'trail \n', 'a: b', '- x', '# no', 'yes', '1:30', '{x', 'long '.repeat(30)),
)
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
  ),
}))
const root = fc.dictionary(key, tree as fc.Arbitrary<unknown>, { minKeys: 1, maxKeys: 5 })

const WRITERS: readonly ((value: Json) => string)[] = [
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value, null, '\t'),
  (value) => stringify(value, { aliasDuplicateObjects: false }),
  (value) => stringify(value, { indentSeq: false, indent: 4, aliasDuplicateObjects: false }),
  (value) => stringify(value, { collectionStyle: 'flow', aliasDuplicateObjects: false }),
]

test('whatever a text says, it can be edited to say anything else, in whatever way it is written', (t) => {
  const writer = fc.integer({ min: 0, max: WRITERS.length - 1 })
  fc.assert(
    fc.property(root, root, writer, fc.boolean(), fc.boolean(), (before, other, index, crlf, mixed) => {
      const written = WRITERS[index]?.(before) ?? ''
      const text = crlf ? written.replaceAll('\n', '\r\n') : written
      if (!readSource('x', text).source) return true
      const target = mixed ? { ...before, ...other } : other
      return editText(text, target).ok // it was read again and compared
    }),
    { numRuns: 1500 },
  )
  t.pass()
})

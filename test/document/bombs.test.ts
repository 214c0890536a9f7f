import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Diagnostic } from '../../src/core/diagnostic.ts'
import { loadDocumentFile } from '../../src/document/load-document.ts'
import { cpuTimeOf } from '../_kit/cpu-time.ts'
import { compileText } from '../_kit/guarded.ts'
import { OK } from '../_kit/objections.ts'

/** CPU milliseconds. */
const PATIENCE = 2_000

async function within(t: ExecutionContext, find: () => readonly Diagnostic[]): Promise<string[]> {
  let codes: string[] = []
  const took = await cpuTimeOf(() => {
    codes = find().map(({ code }) => code)
  })
  t.true(took < PATIENCE, `it took ${took} ms`)
  return [...new Set(codes)]
}

/** What is said of a document with these parts, all of whose requests are to be checked. */
const told = (t: ExecutionContext, parts: object): Promise<string[]> => {
  const text = JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Bomb', version: '1' },
    'x-gateway': {
      upstream: { url: 'http://127.0.0.1:9' },
      middleware: { global: { validateRequest: {}, mockResponse: {} } },
    },
    ...parts,
  })
  return within(t, () => compileText(text).diagnostics)
}

const posting = (schema: object) => ({
  '/a': { post: { ...OK, requestBody: { content: { 'application/json': { schema } } } } },
})

test.serial('a bomb ends in a diagnostic within two seconds: a file of 100 MB', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bomb-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const files = ['a.yaml', 'a.json'].map((name) => join(folder, name))
  for (const file of files) {
    writeFileSync(file, file.endsWith('json') ? '{"openapi":"3.0.3","a":"' : 'openapi: 3.0.3')
    truncateSync(file, 100_000_000) // what is not written reads as zeros
  }
  for (const path of files) t.deepEqual(await within(t, () => loadDocumentFile(path).diagnostics), ['GW1101'], path)
})

test.serial('a bomb ends in a diagnostic within two seconds: `$ref` cycles of every kind', async (t) => {
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
  const schemas = {
    Self: ref('Self'),
    A: ref('B'),
    B: ref('A'),
    Deep: { allOf: [{ anyOf: [ref('Deep')] }], not: ref('Deep') },
    Long: ref('Long0'),
    ...Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`Long${n}`, ref(`Long${n + 1}`)])),
    Long5000: { type: 'string' },
  }
  const codes = await told(t, {
    paths: posting({ properties: Object.fromEntries(Object.keys(schemas).map((name) => [name, ref(name)])) }),
    components: { schemas },
  })
  t.true(codes.includes('GW1207'))
  const paths = { '/a': { $ref: '#/paths/~1b' }, '/b': { $ref: '#/paths/~1a' } }
  t.true((await told(t, { paths })).includes('GW1205'))
})

test.serial(
  'a bomb ends in a diagnostic within two seconds: `$ref` storms, in which every schema has two of the next',
  async (t) => {
    const two = (n: number) => ({
      type: 'object',
      properties: {
        a: { $ref: `#/components/schemas/S${n}` },
        b: { anyOf: [{ $ref: `#/components/schemas/S${n}` }, { $ref: `#/components/schemas/S${n}` }] },
      },
    })
    const schemas = {
      ...Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`S${n}`, two(n + 1)])),
      S200: { pattern: '(a)\\1' },
    }
    t.true(
      (await told(t, { paths: posting({ $ref: '#/components/schemas/S0' }), components: { schemas } })).includes(
        'GW2108',
      ),
    )
  },
)

test.serial(
  'a bomb ends in a diagnostic within two seconds: patterns that backtrack, that are long when written out, and thousands of them',
  async (t) => {
    const sources = [
      '^(a+)+$',
      '(x+x+)+y',
      `${'('.repeat(300)}a${'{9})'.repeat(300)}`,
      '.{0,1000}'.repeat(400),
      'a'.repeat(100_000),
      '('.repeat(10_000),
      '[a'.repeat(10_000),
    ]
    const many = Array.from({ length: 5_000 }, (_, n) => `^.{0,${900 + (n % 100)}}x{3,${900 + n}}${n}$`)
    const properties = Object.fromEntries(
      [...sources, ...many].map((pattern, n) => [`p${n}`, { type: 'string', pattern }]),
    )
    t.true(
      (
        await told(t, {
          paths: posting({ properties, patternProperties: Object.fromEntries(many.map((one) => [one, {}])) }),
        })
      ).includes('GW2108'),
    )
  },
)

test.serial(
  'a bomb ends in a diagnostic within two seconds: `__proto__` and code, in every place where a name or a text may stand',
  async (t) => {
    const evil = `__proto__`
    const code = `';globalThis.bombed=1;//\${globalThis.bombed=1}`
    const schema = JSON.parse(
      `{"properties":{"${evil}":{"$ref":"#/components/schemas/${evil}"}},"required":["${evil}"],"pattern":"(${code}","${evil}":{"x":1},"$defs":{"${evil}":{}}}`,
    ) as object
    const components = JSON.parse(
      `{"schemas":{"${evil}":{"type":"string","pattern":"(${code}"}},"${evil}":{"polluted":true}}`,
    ) as object
    const paths = { ...posting(schema), [`/${code}/{${code}}`]: { get: { ...OK, operationId: code, tags: [code] } } }
    t.true((await told(t, { paths, components })).includes('GW2108'))
    t.is(({} as { polluted?: unknown }).polluted, undefined)
    t.is((globalThis as { bombed?: unknown }).bombed, undefined)
  },
)

test.serial(
  'a bomb ends in a diagnostic within two seconds: schemas within schemas, and objects of a hundred thousand members',
  async (t) => {
    let deep: object = { pattern: '(' }
    for (let depth = 0; depth < 110; depth++) deep = { allOf: [deep] }
    t.true((await told(t, { paths: posting(deep) })).includes('GW2108'))
    const properties = Object.fromEntries(Array.from({ length: 200_000 }, (_, n) => [`p${n}`, true]))
    t.deepEqual(
      (await told(t, { paths: posting({ properties }) })).filter((code) => code === 'GW1901'),
      [],
    )
  },
)

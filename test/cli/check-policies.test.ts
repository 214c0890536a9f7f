import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { examine } from '../../src/cli/check/examine.ts'

const document = {
  openapi: '3.0.3',
  info: { title: 'Pets', version: '1' },
  paths: { '/pets': { get: { operationId: 'listPets', responses: { 200: { description: 'Pets' } } } } },
  'x-gateway': {
    server: { listenPath: { value: '/pets/' } },
    upstream: { url: 'http://127.0.0.1:9' },
    middleware: { operations: { listPets: { greet: { word: 'hello' } } } },
  },
}

const PLUGIN = `export const plugin = ({ z, definePlugin }) =>
  definePlugin({ settings: z.strictObject({ word: z.enum(['hello', 'good day']) }), request() {} })`

test('check knows the plugins of a folder, and says what is wrong with its policy file', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-check-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'plugins'))
  writeFileSync(join(folder, 'pets.json'), JSON.stringify(document))
  const found = async (...paths: readonly string[]) => {
    const { diagnostics } = await examine(paths, () => undefined)
    return diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(({ code, file, line, message }) => `${code} ${file.slice(folder.length + 1)}:${line} ${message}`)
  }
  t.deepEqual(await found(folder), ['GW2101 pets.json:1 unknown key "greet"'])
  writeFileSync(join(folder, 'plugins', 'greet.ts'), PLUGIN)
  writeFileSync(
    join(folder, 'policies.yaml'),
    'policies:\n  gold:\n    acess: []\n    rate_limit: { rate: 0, per: 1m }\n',
  )
  const errors = await found(folder)
  t.is(errors.length, 2, errors.join('\n'))
  t.true(errors.includes('GW2101 policies.yaml:3 unknown key "acess"'))
  t.true(errors.some((error) => error.startsWith('GW2102 policies.yaml:4 ')))
  t.deepEqual(await found(join(folder, 'pets.json')), [])
})

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import type { Operation } from '../../../src/api/api.ts'
import { childOf, entriesOf } from '../../../src/api/contract/place.ts'
import { Problem } from '../../../src/core/problem.ts'
import { mockAnswer } from '../../../src/gateway/mock/mock-answer.ts'
import { sampleOf } from '../../../src/gateway/mock/sample.ts'
import { policySettings } from '../../../src/gateway/policies/index.ts'
import { schemaCompiler } from '../../../src/gateway/validation/schema/compile-schema.ts'
import { Run } from '../../../src/gateway/validation/schema/run.ts'
import { compileText } from '../../_kit/guarded.ts'

const ROOT = dirname(fileURLToPath(import.meta.resolve('@readme/oas-examples/package.json')))

/** Every OpenAPI 3 document of the package, guarded and mocked as a whole. */
const guarded = ['3.0', '3.1'].flatMap((version) =>
  readdirSync(join(ROOT, version, 'json'))
    .filter((name) => name.endsWith('.json'))
    .map((name) => {
      const document = JSON.parse(readFileSync(join(ROOT, version, 'json', name), 'utf8')) as object
      const extension = {
        server: { listenPath: { value: '/a/' } },
        upstream: { url: 'http://127.0.0.1:9' },
        middleware: { global: { validateRequest: {}, mockResponse: {} } },
      }
      return {
        name: `${version}/${name}`,
        api: compileText(JSON.stringify({ ...document, 'x-gateway': extension })).api,
      }
    }),
)

const operations = guarded.flatMap(({ name, api }) =>
  (api?.routes.operations ?? []).filter(({ contract }) => contract).map((operation) => ({ name, operation })),
)

test('every operation of real documents can be mocked, or the problem says why not', (t) => {
  const settings = policySettings.get('mockResponse')?.parse({}) as Parameters<typeof mockAnswer>[1]
  t.true(operations.length > 300, `${operations.length} operations`)
  for (const { name, operation } of operations) {
    try {
      const { status } = mockAnswer(contractOf(operation), settings, { preferences: {}, accepts: () => 1 })
      t.true(status >= 200 && status < 600, `${name} ${operation.id}`)
    } catch (error) {
      t.true(error instanceof Problem && error.code === 'not_mocked', `${name} ${operation.id}: ${error}`)
    }
  }
})

test('what is made of a schema of a real document satisfies it, patterns aside, unless its own examples do not', (t) => {
  let good = 0
  const bad: string[] = []
  for (const { name, operation } of operations) {
    const contract = contractOf(operation)
    const compile = schemaCompiler(contract)
    const bodies = contract.body ? entriesOf(childOf(contract.body, 'content')).map(([, type]) => type) : []
    for (const holder of [...contract.parameters, ...bodies]) {
      const schema = childOf(holder, 'schema')
      const run = new Run()
      compile(schema)(sampleOf(schema, contract), '', run, undefined)
      if (run.violations.every(({ detail }) => detail.startsWith('must match'))) good++
      else bad.push(`${name} ${operation.id} ${JSON.stringify(run.violations.slice(0, 3))}`)
    }
  }
  t.true(good > 300 && bad.length <= good / 20, `${good} good, ${bad.length} bad: ${bad.join('\n')}`)
})

function contractOf({ contract }: Operation) {
  if (!contract) throw new Error('these have been chosen because they have one')
  return contract
}

import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type ImportRequest, importInto } from '../../src/admin/documents/import-into.ts'
import { contextFor } from '../../src/cli/documents/context-for.ts'
import { openDocumentFolder } from '../../src/cli/documents/open-folder.ts'
import { systemClock } from '../../src/core/clock.ts'
import { memoryFolder } from '../../src/document/import/memory-folder.ts'
import { FileBusy, withFileLock } from '../../src/gateway/documents/file-lock.ts'

const SPEC = `openapi: 3.0.3
info: { title: Ov, version: '1' }
servers: [{ url: http://127.0.0.1:9 }]
paths:
  /a: { $ref: a.yaml }
components:
  securitySchemes:
    k: { type: apiKey, in: header, name: X-Key }
`
const part = (security: string): string => `get:
  operationId: a
  security: ${security}
  responses: { '200': { description: ok } }
`
const PROTECTED = part('[{ k: [] }]')
const OPEN = part('[]')

const wish = (text: string, more: Partial<ImportRequest> = {}): ImportRequest => ({
  from: { file: 'openapi.yaml', text: SPEC, folder: memoryFolder(new Map([['a.yaml', text]])) },
  options: { authentication: true },
  mode: 'merge',
  renames: new Map(),
  dryRun: false,
  ...more,
})

/** A folder with the document and its part. */
async function imported(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'import-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const context = await contextFor([folder], () => undefined)
  const open = async () => ({ context, ...(await openDocumentFolder(folder, context, true)) })
  t.is((await importInto(wish(PROTECTED, { mode: 'create' }), await open())).kind, 'created')
  const environment = await open()
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  return { folder, read, environment, document: join(folder, 'ov/openapi.yaml') }
}

test('a merge that is overtaken leaves the parts as they were', async (t) => {
  const { read, environment, document } = await imported(t)
  const { changes } = environment
  const late: typeof changes = {
    ...changes,
    apply: (change) => {
      appendFileSync(document, '# somebody was here\n')
      return changes.apply(change)
    },
  }
  const { kind } = await importInto(wish(OPEN), { ...environment, changes: late })
  t.is(kind, 'overtaken')
  t.is(read('ov/a.yaml'), PROTECTED)
  t.is(read('ov/.originals/a.yaml'), PROTECTED)
})

test('what somebody wrote into a part in the meantime is not undone with the merge', async (t) => {
  const { folder, read, environment, document } = await imported(t)
  const { changes } = environment
  const late: typeof changes = {
    ...changes,
    apply: (change) => {
      appendFileSync(document, '# somebody was here\n')
      writeFileSync(join(folder, 'ov/a.yaml'), `${PROTECTED}# and here\n`)
      return changes.apply(change)
    },
  }
  t.is((await importInto(wish(OPEN), { ...environment, changes: late })).kind, 'overtaken')
  t.is(read('ov/a.yaml'), `${PROTECTED}# and here\n`)
})

test('a merge whose document somebody else keeps busy leaves the parts as they were', async (t) => {
  const { read, environment, document } = await imported(t)
  const { changes } = environment
  const busy: typeof changes = {
    ...changes,
    apply: (change) => withFileLock(document, systemClock, () => changes.apply(change)),
  }
  await t.throwsAsync(importInto(wish(OPEN), { ...environment, changes: busy }), { instanceOf: FileBusy })
  t.is(read('ov/a.yaml'), PROTECTED)
})

test('a dry import of several files says what the real one would: a listen path that is taken is refused', async (t) => {
  const { folder, environment } = await imported(t)
  const second = (dryRun: boolean) =>
    importInto(wish(PROTECTED, { mode: 'create', options: { id: 'second', listenPath: '/ov/' }, dryRun }), environment)
  const dry = await second(true)
  const real = await second(false)
  t.deepEqual([dry.kind, real.kind], ['refused', 'refused'])
  t.deepEqual(dry.diagnostics, real.diagnostics)
  t.true(dry.diagnostics.some(({ code }) => code === 'GW4301'))
  t.false(existsSync(join(folder, 'second/a.yaml')))
})

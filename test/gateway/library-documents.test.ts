import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import test from 'ava'
import { documentCompiler } from '../../src/api/document-compiler.ts'
import { systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import type { CompileDocument } from '../../src/gateway/documents/document.ts'
import { openLibrary } from '../../src/gateway/library.ts'
import { policySettings } from '../../src/gateway/policies/index.ts'
import { cpuTimeOf } from '../_kit/cpu-time.ts'

test('a real document that is saved costs less than 200 ms of processor time until it is live, or is stale with its position', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'library-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await cp(resolve(import.meta.dirname, '../../apis'), folder, { recursive: true })
  const compileDocument = documentCompiler({
    publicUrl: 'http://127.0.0.1',
    policies: policySettings,
    environment: () => undefined,
    readFile: () => undefined,
  })
  const compiled = new Set<string>()
  const compile: CompileDocument = (path, text) => {
    compiled.add(path)
    return compileDocument(path, text)
  }
  const library = await openLibrary({ folder, compile, clock: systemClock, log: silentLog })
  t.deepEqual(new Set(library.documents().map((document) => document.status)), new Set(['live']))
  t.teardown(library.watch())
  const file = join(folder, 'step-on.yaml')
  const text = await readFile(file, 'utf8')
  const others = [...library.current().apis.values()].filter((api) => api.file !== file)
  const status = () => library.documents().find((document) => document.file === file)
  const saved = async (content: string, isDone: () => boolean): Promise<void> => {
    const { promise, resolve: done } = Promise.withResolvers<void>()
    const alive = setInterval(() => undefined, 1000)
    const end = library.onChange(() => isDone() && done())
    await writeFile(file, content)
    await promise
    clearInterval(alive)
    end()
  }

  const times: number[] = []
  for (const turn of [1, 2, 3, 4, 5]) {
    const before = status()?.api
    compiled.clear()
    times.push(await cpuTimeOf(() => saved(`${text}\n# ${turn}\n`, () => status()?.api !== before)))
    t.deepEqual([...compiled], [file], 'no other document is compiled')
  }
  t.is(status()?.status, 'live')
  t.true(Math.min(...times) < 200, times.map(Math.round).join(', '))
  const mistake = () => status()?.diagnostics.find((diagnostic) => diagnostic.code === 'GW2101')
  await saved(text.replace('listenPath:', 'listenPaht:'), () => mistake() !== undefined)
  t.is(status()?.status, 'stale')
  t.like(mistake(), {
    hint: 'did you mean "listenPath"?',
    file,
    line: text.split('\n').findIndex((line) => line.includes('listenPath:')) + 1,
  })
  t.is(library.current().match('h', '/stepon/stepcounts')?.api, status()?.api)
  for (const api of others) t.is(library.current().apis.get(api.id), api)
  t.log(`${times.map(Math.round).join(', ')} ms`)
})

import { mkdir, mkdtemp, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Diagnostic } from '../../src/core/diagnostic.ts'
import { sha256 } from '../../src/core/digest.ts'
import { silentLog } from '../../src/core/log.ts'
import type { CompiledDocument } from '../../src/gateway/documents/document.ts'
import { type Library, type LibraryChange, openLibrary } from '../../src/gateway/library.ts'
import { plainApi } from '../_kit/api.ts'
import { handClock } from '../_kit/clock.ts'

/** A document language as small as can be: JSON with `openapi`, `id`, `path`, `hosts`, `active` and `$ref`. */
async function compile(file: string, text: string): Promise<CompiledDocument> {
  const broken = (message: string, dependsOn: string[] = []): CompiledDocument => {
    const diagnostic: Diagnostic = { code: 'GW1102', severity: 'error', message, file, line: 1, column: 1, pointer: '' }
    return { diagnostics: [diagnostic], dependsOn }
  }
  let part = ''
  let dependsOn: string[] = []
  try {
    const { openapi, id, path, hosts = [], active = true, $ref } = JSON.parse(text)
    if (!openapi) return broken('no openapi')
    if (text.includes('"bug"')) throw new TypeError('a defect')
    if ($ref) {
      dependsOn = [join(dirname(file), $ref)]
      part = await readFile(dependsOn[0] ?? '', 'utf8')
    }
    const api = plainApi({ id, file, listenPath: path ?? `/${id}`, hosts, active, revision: sha256(text + part) })
    return { api, diagnostics: [], dependsOn, locate: () => ({ line: 7, column: 3 }) }
  } catch (error) {
    if (error instanceof TypeError) throw error
    return broken(String(error), dependsOn)
  }
}

interface Desk {
  readonly folder: string
  readonly library: Library
  readonly changes: LibraryChange[]
  readonly compiled: string[]
  write(name: string, content: unknown): Promise<string>
}

async function desk(t: ExecutionContext, files: Record<string, unknown>): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'library-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const write = async (name: string, content: unknown): Promise<string> => {
    const file = join(folder, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
    return file
  }
  for (const [name, content] of Object.entries(files)) await write(name, content)
  const compiled: string[] = []
  const library = await openLibrary({
    folder,
    clock: handClock(),
    log: silentLog,
    compile: (file, text) => {
      compiled.push(file.slice(folder.length + 1))
      return compile(file, text)
    },
  })
  const changes: LibraryChange[] = []
  library.onChange((change) => changes.push(change))
  compiled.length = 0
  return { folder, library, changes, compiled, write }
}

const doc = (id: string, more: object = {}) => ({ openapi: '3.1.0', id, ...more })

const states = ({ folder, library }: Desk) =>
  library.documents().map((one) => `${one.file.slice(folder.length + 1)} ${one.status}`)

const apis = ({ library }: Desk) => [...library.current().apis.keys()]

test('every JSON and YAML file of the folder and below that says it is a document is one', async (t) => {
  const all = await desk(t, {
    'a.json': doc('a'),
    'b.yaml': doc('b'),
    'sub/deep/c.YML': doc('c'),
    'notes.json': { hello: 1 },
    'readme.md': '"openapi": 1',
    '.hidden.json': doc('h'),
    '.git/x.json': doc('g'),
    'node_modules/x.json': doc('n'),
  })
  t.deepEqual(states(all), ['a.json live', 'b.yaml live', 'sub/deep/c.YML live'])
  t.deepEqual(apis(all).sort(), ['a', 'b', 'c'])
  const remarks = all.library.diagnostics()
  t.deepEqual(
    remarks.map((one) => [one.severity, one.file]),
    [['info', join(all.folder, 'notes.json')]],
  )
})

test('a file that a document refers to is its part: not served, not remarked on', async (t) => {
  const all = await desk(t, {
    'a.json': doc('a', { $ref: 'sub/part.json' }),
    'sub/part.json': { schema: 1 },
    'b.json': doc('b', { $ref: 'sub/whole.json' }),
    'sub/whole.json': doc('whole'),
    'c.json': doc('c', { $ref: 'top.json' }),
    'top.json': doc('top'),
  })
  t.deepEqual(states(all), ['a.json live', 'b.json live', 'c.json live', 'top.json live'])
  t.deepEqual(apis(all).sort(), ['a', 'b', 'c', 'top'])
  t.deepEqual(
    all.library.diagnostics().map((one) => one.severity),
    [],
  )
})

test('a folder that is reached by a link, and parts that are named by their real path, are the same files', async (t) => {
  const real = await mkdtemp(join(tmpdir(), 'library-'))
  const link = `${real}-link`
  await symlink(real, link)
  t.teardown(() => Promise.all([rm(real, { recursive: true }), rm(link)]))
  await mkdir(join(real, 'sub'))
  await writeFile(join(real, 'a.json'), JSON.stringify(doc('a', { $ref: 'sub/b.json' })))
  await writeFile(join(real, 'sub/b.json'), JSON.stringify(doc('b')))
  const library = await openLibrary({
    folder: `${link}/`,
    clock: handClock(),
    log: silentLog,
    async compile(file, text) {
      const compiled = await compile(file, text)
      return { ...compiled, dependsOn: await Promise.all(compiled.dependsOn.map((path) => realpath(path))) }
    },
  })
  t.deepEqual(
    library.documents().map((one) => one.file),
    [join(link, 'a.json')],
  )
  t.deepEqual(library.diagnostics(), [])
  t.is((await library.reload(join(real, 'a.json')))?.file, join(link, 'a.json'))
})

test('a bad document stops no other one', async (t) => {
  const all = await desk(t, { 'a.json': '{ "openapi": ', 'b.json': doc('b'), 'c.json': doc('c', { bug: 1 }) })
  t.deepEqual(states(all), ['a.json down', 'b.json live', 'c.json down'])
  t.deepEqual(apis(all), ['b'])
  t.deepEqual(
    all.library.diagnostics().map((one) => one.code),
    ['GW1102', 'GW1901'],
  )
})

test('a document that turns bad keeps its last good version; the others keep their very objects', async (t) => {
  const all = await desk(t, { 'a.json': doc('a'), 'b.json': doc('b') })
  const before = all.library.current()
  const file = await all.write('a.json', '{')
  const status = await all.library.reload(file)
  t.is(status?.status, 'stale')
  t.is(status?.diagnostics.length, 1)
  t.is(all.library.current(), before, 'nothing that is served has changed')
  t.is(all.changes.length, 1)
  await all.write('a.json', doc('a', { path: '/new' }))
  await all.library.rescan()
  t.is(all.library.current().apis.get('b'), before.apis.get('b'))
  t.is(all.library.current().match('h', '/new')?.api.id, 'a')
  t.is(all.library.current().match('h', '/a'), undefined)
  t.is(before.match('h', '/a')?.api.id, 'a', 'a snapshot never changes')
  t.deepEqual(states(all), ['a.json live', 'b.json live'])
})

test('an unchanged file costs nothing, even when it was written again', async (t) => {
  const all = await desk(t, { 'a.json': doc('a'), 'b.json': doc('b') })
  const before = all.library.current()
  await all.library.rescan()
  await all.write('a.json', doc('a'))
  await all.library.rescan()
  t.deepEqual(all.compiled, [])
  t.is(all.library.current(), before)
  t.deepEqual(all.changes, [])
  t.is((await all.library.reload(join(all.folder, 'a.json')))?.status, 'live')
  t.deepEqual(all.compiled, ['a.json'], 'but a file can be asked for')
  t.is(all.library.current(), before)
})

test('a document is compiled anew when a file changes that it refers to, also when that file comes later', async (t) => {
  const all = await desk(t, { 'a.json': doc('a', { $ref: 'parts/x.txt' }), 'b.json': doc('b') })
  t.deepEqual(states(all), ['a.json down', 'b.json live'])
  await all.write('parts/x.txt', 'one')
  await all.library.rescan()
  t.deepEqual(states(all), ['a.json live', 'b.json live'])
  const first = all.library.current().apis.get('a')
  await all.write('parts/x.txt', 'two')
  await all.library.rescan()
  t.not(all.library.current().apis.get('a'), first)
  await rm(join(all.folder, 'parts/x.txt'))
  await all.library.rescan()
  t.deepEqual(states(all), ['a.json stale', 'b.json live'])
  t.deepEqual(all.compiled, ['a.json', 'a.json', 'a.json'])
})

test('a deleted file is no longer served', async (t) => {
  const all = await desk(t, { 'a.json': doc('a'), 'b.json': doc('b') })
  await rm(join(all.folder, 'a.json'))
  await all.library.rescan()
  t.deepEqual(apis(all), ['b'])
  t.deepEqual(
    all.changes.flatMap((change) => change.removed),
    [join(all.folder, 'a.json')],
  )
  t.is(await all.library.reload(join(all.folder, 'b.json')).then((status) => status?.status), 'live')
  await rm(join(all.folder, 'b.json'))
  t.is(await all.library.reload(join(all.folder, 'b.json')), undefined)
  t.deepEqual(apis(all), [])
})

test('a folder that cannot be listed is an error, and takes nothing away that is served', async (t) => {
  const all = await desk(t, { 'a.json': doc('a') })
  await rename(all.folder, `${all.folder}-away`)
  await t.throwsAsync(all.library.rescan(), { code: 'ENOENT' })
  t.deepEqual(apis(all), ['a'])
  await rename(`${all.folder}-away`, all.folder)
  await all.library.rescan()
  t.deepEqual(states(all), ['a.json live'])
})

test('two APIs in one place: the first stays, the error names both files, and the place is given on', async (t) => {
  const all = await desk(t, { 'a.json': doc('a', { path: '/x' }), 'b.json': doc('b', { path: '/x' }) })
  t.deepEqual(states(all), ['a.json live', 'b.json down'])
  const [conflict] = all.library.diagnostics()
  t.like(conflict, { code: 'GW4301', severity: 'error', file: join(all.folder, 'b.json'), line: 7, column: 3 })
  t.true(conflict?.message.includes(`${join(all.folder, 'a.json')}:7`), conflict?.message)
  await all.write('a.json', doc('a', { path: '/y' }))
  await all.library.rescan()
  t.deepEqual(states(all), ['a.json live', 'b.json live'])
  await all.write('a.json', doc('a', { path: '/x' }))
  await all.library.rescan()
  t.deepEqual(states(all), ['a.json stale', 'b.json live'], 'b was there first now')
  t.is(all.library.current().match('h', '/y')?.api.id, 'a')
  t.is(all.library.current().match('h', '/x')?.api.id, 'b')
})

test('two APIs cannot share an id; other hosts, or one of them inactive, are other places', async (t) => {
  const all = await desk(t, {
    'a.json': doc('a', { path: '/x' }),
    'b.json': doc('a', { path: '/y' }),
    'c.json': doc('c', { path: '/x', hosts: ['c.test'] }),
    'd.json': doc('d', { path: '/x', hosts: ['C.test', 'd.test'] }),
    'e.json': doc('e', { path: '/x', active: false }),
  })
  t.deepEqual(states(all), ['a.json live', 'b.json down', 'c.json live', 'd.json down', 'e.json live'])
})

test('documents exchange their places in one step', async (t) => {
  const all = await desk(t, { 'a.json': doc('a', { path: '/1' }), 'b.json': doc('b', { path: '/2' }) })
  await all.write('a.json', doc('a', { path: '/2' }))
  await all.write('b.json', doc('b', { path: '/1' }))
  await all.library.rescan()
  t.deepEqual(states(all), ['a.json live', 'b.json live'])
  t.is(all.library.current().match('h', '/1')?.api.id, 'b')
  t.is(all.changes.length, 1)
})

test('who cannot move keeps its place, even when another one had been given it', async (t) => {
  const all = await desk(t, {
    'a.json': doc('a', { path: '/1' }),
    'b.json': doc('b', { path: '/2' }),
    'c.json': doc('c'),
  })
  await all.write('a.json', doc('a', { path: '/2' }))
  await all.write('c.json', doc('c', { path: '/1' }))
  await all.library.rescan()
  t.deepEqual(states(all), ['a.json stale', 'b.json live', 'c.json stale'])
  t.is(all.library.current().match('h', '/1')?.api.id, 'a')
  t.is(all.library.current().match('h', '/c')?.api.id, 'c')
})

test('files that cannot be used are errors of their own: not UTF-8, a folder, a circle of links', async (t) => {
  const all = await desk(t, { 'ok.json': doc('ok') })
  await writeFile(join(all.folder, 'latin.json'), Buffer.from('{"openapi":"\xe9"}', 'latin1'))
  await mkdir(join(all.folder, 'folder.json'))
  await symlink('loop.json', join(all.folder, 'loop.json'))
  await symlink('.', join(all.folder, 'circle'))
  await symlink('ok.json', join(all.folder, 'link.json'))
  await all.library.rescan()
  t.deepEqual(states(all), ['latin.json down', 'link.json down', 'loop.json down', 'ok.json live'])
  t.deepEqual(
    all.library
      .diagnostics()
      .map((one) => one.code)
      .sort(),
    ['GW1101', 'GW1101', 'GW4301'],
  )
})

test('a listener that throws stops nobody', async (t) => {
  const all = await desk(t, { 'a.json': doc('a') })
  const end = all.library.onChange(() => {
    throw new Error('listener')
  })
  const seen: LibraryChange[] = []
  all.library.onChange((change) => seen.push(change))
  await all.write('b.json', doc('b'))
  await all.library.rescan()
  end()
  t.is(seen.length, 1)
  t.is(seen[0]?.snapshot, all.library.current())
  t.deepEqual(
    seen[0]?.changed.map((status) => status.api?.id),
    ['b'],
  )
})

test('a thousand documents load, and one more costs a compilation of itself alone', async (t) => {
  const files = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`d${at}.json`, doc(`d${at}`)]))
  const all = await desk(t, files)
  t.is(all.library.current().apis.size, 1000)
  await all.write('d7.json', doc('d7', { path: '/seven' }))
  await all.library.rescan()
  t.deepEqual(all.compiled, ['d7.json'])
  t.is(all.library.current().match(undefined, '/seven/x')?.api.id, 'd7')
})

import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { silentLog } from '../../src/core/log.ts'
import { type LibraryChange, openLibrary } from '../../src/gateway/library.ts'
import { handClock } from '../_kit/clock.ts'
import { apis, compile, desk, doc, states } from '../_kit/library.ts'

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

test('more text than is held in memory at once is served all the same', async (t) => {
  const padding = ' '.repeat(6_000_000)
  const names = ['a', 'b', 'c', 'd']
  const long = (id: string) => JSON.stringify(doc(id)) + padding
  const all = await desk(t, Object.fromEntries(names.map((id) => [`${id}.json`, long(id)])))
  await writeFile(join(all.folder, 'notes.json'), '{"hello":1}')
  await all.library.rescan()
  t.deepEqual(
    states(all),
    names.map((id) => `${id}.json live`),
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
  t.like(await all.library.reload(join(all.folder, 'a.json')), { status: 'live' }, 'nor when one file is looked at')
  t.deepEqual(apis(all), ['a'])
  await rename(`${all.folder}-away`, all.folder)
  await all.library.rescan()
  t.deepEqual(states(all), ['a.json live'])
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

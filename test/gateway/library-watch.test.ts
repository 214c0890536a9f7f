import { mkdir, mkdtemp, readFile, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import type { CompileDocument } from '../../src/gateway/documents/document.ts'
import { settle } from '../../src/gateway/documents/settle.ts'
import { WATCH_TIMES } from '../../src/gateway/documents/watch-library.ts'
import { type Library, openLibrary } from '../../src/gateway/library.ts'
import { plainApi } from '../_kit/api.ts'
import { type HandClock, handClock } from '../_kit/clock.ts'
import { until as comesTrue } from '../_kit/until.ts'

/** `openapi: ID REVISION`, or `openapi: ID REVISION REF`, whose revision goes on with the text of the file REF. */
const compile: CompileDocument = async (file, text) => {
  const [, id = '', revision = '', ref] = text.trim().split(' ')
  const part = ref ? `-${await readFile(ref, 'utf8')}` : ''
  return { api: plainApi({ id, revision: revision + part, file }), diagnostics: [], dependsOn: ref ? [ref] : [] }
}

async function watched(t: ExecutionContext, files: Record<string, string>, clock: Clock = systemClock) {
  const parent = await mkdtemp(join(tmpdir(), 'watch-'))
  const folder = join(parent, 'apis')
  await mkdir(folder)
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const library = await openLibrary({ folder, clock, log: silentLog, compile })
  const stop = library.watch()
  t.teardown(async () => {
    stop()
    await rm(parent, { recursive: true, force: true })
  })
  return { parent, folder, library, at: (name: string) => join(folder, name) }
}

/** Resolves once `condition` holds; looks after every change of the library. */
function until(library: Library, condition: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = library.onChange(() => condition() && resolve())
  if (condition()) resolve()
  const alive = setInterval(() => undefined, 1000) // a watched folder alone does not keep a process going
  return promise.finally(() => {
    clearInterval(alive)
    end()
  })
}

const revision = (library: Library, id: string) => library.current().apis.get(id)?.revision

test('a changed document is live at once, the others untouched', async (t) => {
  const { library, at } = await watched(t, { 'a.yaml': 'openapi: a 1', 'b.yaml': 'openapi: b 1' })
  const b = library.current().apis.get('b')
  const times: number[] = []
  for (let turn = 2; turn < 12; turn++) {
    const started = performance.now()
    await writeFile(at('a.yaml'), `openapi: a ${turn}`)
    await until(library, () => revision(library, 'a') === String(turn))
    times.push(performance.now() - started)
  }
  const middle = times.sort((x, y) => x - y)[5] ?? Number.NaN
  t.log(`${Math.round(middle)} ms`)
  t.true(middle < 2000)
  t.is(library.current().apis.get('b'), b)
})

/** Moves the clock on once a task waits for it that is due within so many milliseconds. */
async function advanceTo(clock: HandClock, delay: number): Promise<void> {
  await comesTrue(() => clock.next() <= delay)
  await clock.advance(delay)
}

test('a document that an editor writes aside and renames is never gone', async (t) => {
  const { quiet, grace } = WATCH_TIMES
  const clock = handClock()
  const { library, at } = await watched(t, { 'a.yaml': 'openapi: a 1' }, clock)
  const live = (expected: string) =>
    comesTrue(async () => {
      await clock.advance(quiet)
      return revision(library, 'a') === expected
    })
  await advanceTo(clock, quiet) // the first look, which says which folders to watch
  await advanceTo(clock, quiet) // they are watched now; what happened before that is looked at
  const gone: string[] = []
  library.onChange((change) => gone.push(...change.removed))
  for (let turn = 2; turn < 6; turn++) {
    await rename(at('a.yaml'), at('a.yaml~'))
    await writeFile(at('.a.yaml.swp'), 'x')
    if (turn === 2) {
      await advanceTo(clock, quiet)
      await comesTrue(() => clock.next() <= grace) // it was found missing
      await clock.advance(100) // an editor that takes its time
    }
    await writeFile(at('a.yaml'), `openapi: a ${turn}`)
    await unlink(at('a.yaml~'))
    await live(String(turn))
    await writeFile(at('4913'), `openapi: a ${turn}x`)
    await rename(at('4913'), at('a.yaml'))
    await live(`${turn}x`)
  }
  t.deepEqual(gone, [])
})

test('new, moved and deleted files, and new folders with what is in them, are seen', async (t) => {
  const { library, at } = await watched(t, { 'a.yaml': 'openapi: a 1' })
  await writeFile(at('b.yaml'), 'openapi: b 1')
  await until(library, () => revision(library, 'b') === '1')
  await mkdir(at('team/new'), { recursive: true })
  await writeFile(at('team/new/c.yaml'), 'openapi: c 1')
  await until(library, () => revision(library, 'c') === '1')
  await writeFile(at('team/new/c.yaml'), 'openapi: c 2')
  await until(library, () => revision(library, 'c') === '2')
  await rename(at('b.yaml'), at('team/b.yaml'))
  await until(library, () => library.current().apis.get('b')?.file === at('team/b.yaml'))
  await rm(at('team'), { recursive: true })
  await until(library, () => library.current().apis.size === 1)
  t.is(revision(library, 'a'), '1')
})

test('a file elsewhere that a document refers to reloads it', async (t) => {
  const { library, parent, at } = await watched(t, { 'a.yaml': 'openapi: a 1' })
  const secret = join(parent, 'secret.txt')
  await writeFile(secret, 'one')
  await writeFile(at('b.yaml'), `openapi: b 1 ${secret}`)
  await until(library, () => revision(library, 'b') === '1-one')
  await writeFile(secret, 'two')
  await until(library, () => revision(library, 'b') === '1-two')
  await writeFile(join(parent, 'new'), 'three')
  await rename(join(parent, 'new'), secret)
  await until(library, () => revision(library, 'b') === '1-three')
  t.is(revision(library, 'a'), '1')
})

test('configuration that is mounted as links is exchanged in one step', async (t) => {
  const { library, at } = await watched(t, {})
  for (const turn of ['1', '2', '3']) {
    await mkdir(at(`..${turn}`))
    await writeFile(at(`..${turn}/a.yaml`), `openapi: a ${turn}`)
    await symlink(`..${turn}`, at('..new'))
    await rename(at('..new'), at('..data'))
    if (turn === '1') await symlink('..data/a.yaml', at('a.yaml'))
    await until(library, () => revision(library, 'a') === turn)
  }
  t.is(library.documents().length, 1)
})

test('events are collected until there is quiet, but not for ever', async (t) => {
  const clock = handClock()
  const flushed: (readonly string[] | 'all')[] = []
  const settler = settle(clock, { quiet: 15, longest: 100 }, (names) =>
    flushed.push(names === 'all' ? names : [...names]),
  )
  settler.add('a')
  await clock.advance(10)
  settler.add('b')
  settler.add('a')
  await clock.advance(10)
  t.deepEqual(flushed, [])
  await clock.advance(5)
  t.deepEqual(flushed, [['a', 'b']])
  for (let turn = 0; turn < 12; turn++) {
    settler.add(turn === 3 ? 'all' : `f${turn}`)
    await clock.advance(10)
  }
  t.is(flushed.length, 2)
  t.is(flushed[1], 'all')
  settler.cancel()
  await clock.advance(1000)
  t.is(flushed.length, 2)
})

test('a file that stays missing is deleted after the grace, and looked at again without events', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'watch-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const clock = handClock()
  await writeFile(join(folder, 'a.yaml'), 'openapi: a 1')
  const library = await openLibrary({ folder, clock, log: silentLog, compile })
  t.teardown(library.watch())
  await unlink(join(folder, 'a.yaml'))
  const gone = until(library, () => library.current().apis.size === 0)
  let done = false
  void gone.then(() => {
    done = true
  })
  let moved = 0
  for (; !done; moved += 50) await clock.advance(50)
  t.true(moved >= 150, `${moved} ms`)
})

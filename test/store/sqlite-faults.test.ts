import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { silentLog } from '../../src/core/log.ts'
import { openStore } from '../../src/store/index.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { recordKind, type Store, StoreUnavailable } from '../../src/store/store.ts'
import { handClock } from '../_kit/clock.ts'

const WRITER = fileURLToPath(new URL('crash-writer.ts', import.meta.url))
const left = recordKind<unknown>('left')
const right = recordKind<unknown>('right')

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'gatehouse-faults-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  return path
}

/** Runs the writer until it ends by itself or has acknowledged `until` ids and is killed. Returns the lines it printed. */
function runWriter(command: string, args: readonly string[], until: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      if (output.split('\n').length > until) child.kill('SIGKILL')
    })
    child.on('error', reject)
    child.on('close', () => resolve(output.split('\n').slice(0, -1)))
  })
}

/** Ids that the store knows at all, from its index; each must be there as a whole. */
async function allIds(store: Store): Promise<Set<string>> {
  const ids = new Set<string>()
  let after: string | undefined
  do {
    const page = await store.list('crash', { limit: 1000, ...(after === undefined ? {} : { after }) })
    for (const { member } of page.members) ids.add(member)
    after = page.next
  } while (after !== undefined)
  return ids
}

async function assertWhole(t: ExecutionContext, store: Store, acknowledged: readonly string[]): Promise<void> {
  const known = await allIds(store)
  t.deepEqual(
    acknowledged.filter((id) => !known.has(id)),
    [],
  )
  const ids = [...known]
  const [lefts, rights] = [
    await store.get(ids.map((id) => left(0, id))),
    await store.get(ids.map((id) => right(0, id))),
  ]
  t.true(lefts.every((entry) => entry !== undefined) && rights.every((entry) => entry !== undefined))
  t.is((await store.queueState('crash')).length, ids.length)
}

test('sqlite: whoever is killed at work loses no acknowledged commit and leaves no half one', async (t) => {
  const path = join(folder(t), 'gatehouse.db')
  const acknowledged: string[] = []
  for (const [round, until] of [500, 1500, 3000].entries()) {
    const lines = await runWriter(process.execPath, [WRITER, `sqlite:${path}`, `r${round}`], until)
    t.true(lines.length >= until)
    acknowledged.push(...lines)
  }
  const store = openSqliteStore({ path, clock: handClock(), log: silentLog })
  await assertWhole(t, store, acknowledged)
  await store.close()
})

test('sqlite: where nothing more can be written the store is unavailable, still reads, and has what it acknowledged', async (t) => {
  const path = join(folder(t), 'gatehouse.db')
  // A limit on the size of files (in KiB) stands for a full disk: writes beyond it fail alike.
  const command = `ulimit -f 2048; exec "$0" "$@"`
  const lines = await runWriter(
    'bash',
    ['-c', command, process.execPath, WRITER, `sqlite:${path}`, 'full', '4000'],
    Infinity,
  )
  t.is(lines.pop(), 'refused unavailable reads')
  t.true(lines.length > 10)
  const store = openSqliteStore({ path, clock: handClock(), log: silentLog })
  await assertWhole(t, store, lines)
  await store.close()
})

test('sqlite: a file locked by another process is unavailable to writers, not to readers, until it is let go', async (t) => {
  const path = join(folder(t), 'gatehouse.db')
  const store = openSqliteStore({ path, clock: handClock(), log: silentLog })
  const key = left(0, 'a')
  const put = (value: number) => store.commit({ partition: 0, writes: [{ op: 'put', key, value }] })
  await put(1)
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  const begun = performance.now()
  await t.throwsAsync(put(2), { instanceOf: StoreUnavailable, message: /locked/ })
  t.true(performance.now() - begun < 20_000)
  t.like((await store.get([key]))[0], { value: 1 })
  const late = put(3)
  setImmediate(() => other.exec('ROLLBACK'))
  t.like(await late, { ok: true })
  other.close()
  await store.close()
})

test('sqlite: what is no database, or of another version, is refused at opening and left as it was', async (t) => {
  const path = join(folder(t), 'gatehouse.db')
  const deps = { clock: handClock(), log: silentLog }
  writeFileSync(path, 'this is no database, however long one looks at it. '.repeat(100))
  await t.throwsAsync(openStore(`sqlite:${path}`, deps), { instanceOf: StoreUnavailable })
  rmSync(path)
  await (await openStore(`sqlite:${path}`, deps)).close()
  const database = new DatabaseSync(path)
  database.exec('PRAGMA user_version = 99')
  database.close()
  await t.throwsAsync(openStore(`sqlite:${path}`, deps), { instanceOf: StoreUnavailable, message: /version 99/ })
  await t.throwsAsync(openStore(`sqlite:${path}/below/a/file.db`, deps), { instanceOf: StoreUnavailable })
})

test('sqlite: a damaged file is unavailable, never empty', async (t) => {
  const path = join(folder(t), 'gatehouse.db')
  const deps = { clock: handClock(), log: silentLog }
  const store = await openStore(`sqlite:${path}`, deps)
  const ids = Array.from({ length: 400 }, (_, at) => `id${at}`)
  const writes = ids.map((id) => ({ op: 'put', key: left(0, id), value: id.repeat(50) }) as const)
  await store.commit({ partition: 0, writes })
  await store.close()
  damage(path)
  const damaged = await openStore(`sqlite:${path}`, deps).catch((error: unknown) => error)
  if (damaged instanceof Error) return t.true(damaged instanceof StoreUnavailable)
  const store2 = damaged as Store
  await t.throwsAsync(store2.get(ids.map((id) => left(0, id))), { instanceOf: StoreUnavailable })
  await store2.close()
  return undefined
})

/** Overwrites every page but the first sixteen, which hold the schema. */
function damage(path: string): void {
  const file = new DatabaseSync(path)
  const pages = Number(file.prepare('PRAGMA page_count').get()?.['page_count'])
  file.close()
  const garbage = Buffer.alloc(4096, 0xa5)
  const bytes = readFileSync(path)
  for (let page = 16; page < pages; page++) garbage.copy(bytes, page * 4096)
  writeFileSync(path, bytes)
}

test('sqlite: marks older than an hour are swept, later ones are not', async (t) => {
  const path = join(folder(t), 'gatehouse.db')
  const clock = handClock()
  const store = openSqliteStore({ path, clock, log: silentLog })
  const mark = { topic: 'token', id: 'x', at: 1 }
  await store.commit({ partition: 0, marks: [mark, mark] })
  await clock.advance(3_599_999)
  await store.commit({ partition: 0, marks: [mark] })
  t.is(await store.sweep(10), 0)
  await clock.advance(1)
  t.is(await store.sweep(10), 2)
  t.is(await store.sweep(10), 0)
  await store.close()
})

test('sqlite: durability "power" and a path with spaces come with the URL', async (t) => {
  const path = join(folder(t), 'my data', 'gatehouse.db')
  const deps = { clock: handClock(), log: silentLog }
  const store = await openStore(`sqlite:${path.replaceAll(' ', '%20')}?durability=power`, deps)
  await store.ping()
  await store.close()
  t.true(existsSync(path))
})

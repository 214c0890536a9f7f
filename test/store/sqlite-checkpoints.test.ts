import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { recordKind, type Store } from '../../src/store/store.ts'
import { until } from '../_kit/until.ts'

const note = recordKind<string>('note')
const PAGE = 4096
/** A record of about 25 pages. */
const LARGE = 'x'.repeat(100_000)

function storeIn(t: ExecutionContext): { readonly store: Store; readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-checkpoints-'))
  const path = join(folder, 'store.db')
  const store = openSqliteStore({ path, clock: systemClock, log: silentLog })
  t.teardown(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })
  return { store, path }
}

const put = (store: Store, at: number): Promise<unknown> =>
  store.commit({ partition: 0, writes: [{ op: 'put', key: note(0, `${at}`), value: LARGE }] })

const pagesIn = (path: string): number => statSync(path).size / PAGE

test('what was committed reaches the file in the background, long before a writer would have to move it', async (t) => {
  const { store, path } = storeIn(t)
  for (let at = 0; at < 20; at++) await put(store, at)
  // No writer comes this far (32 000 pages), and the store is open: only the background has moved them.
  await until(
    () => pagesIn(path) > 400,
    () => `${pagesIn(path)} pages`,
  )
  await Promise.all([store.close(), store.close()])
  t.false(existsSync(`${path}-wal`))
})

test('the log is bounded while writes never rest', async (t) => {
  const { store, path } = storeIn(t)
  for (let at = 0; at < 2500; at++) await put(store, at % 100)
  t.true(pagesIn(`${path}-wal`) < 33_000, `${pagesIn(`${path}-wal`)} pages`)
})

test('a store that closes leaves one file, with everything in it', async (t) => {
  const { store, path } = storeIn(t)
  await put(store, 0)
  await store.close()
  t.false(existsSync(`${path}-wal`))
  const again = openSqliteStore({ path, clock: systemClock, log: silentLog })
  t.like((await again.get([note(0, '0')]))[0], { value: LARGE })
  await again.close()
})

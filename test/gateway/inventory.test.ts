import { mkdir, mkdtemp, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { createInventory } from '../../src/gateway/documents/inventory.ts'
import { handClock } from '../_kit/clock.ts'

const GRACE = 150

test('a file is gone when it is missing for a while from a folder that is there', async (t) => {
  const parent = await mkdtemp(join(tmpdir(), 'inventory-'))
  t.teardown(() => rm(parent, { recursive: true }))
  const [folder, elsewhere] = [join(parent, 'apis'), join(parent, 'elsewhere')]
  await mkdir(folder)
  const file = join(folder, 'a.yaml')
  await writeFile(file, 'openapi: 3.1.0')
  const clock = handClock()
  const inventory = await createInventory(folder, clock)
  t.is((await inventory.look('all')).changes.length, 1)

  await rename(folder, elsewhere)
  for (let look = 0; look < 2; look++) {
    t.deepEqual(await inventory.look([file], GRACE), { changes: [], missing: [] }, 'the whole folder is away')
    await clock.advance(GRACE)
  }
  await rename(elsewhere, folder)
  t.deepEqual(await inventory.look('all'), { changes: [], missing: [] })

  await unlink(file)
  t.deepEqual(await inventory.look([file], GRACE), { changes: [], missing: [file] })
  await clock.advance(GRACE)
  t.deepEqual(await inventory.look([file], GRACE), { changes: [{ file, content: { kind: 'gone' } }], missing: [] })
})

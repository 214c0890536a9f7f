import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { silentLog } from '../../src/core/log.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { handClock } from '../_kit/clock.ts'
import { storeContract } from './contract.ts'

storeContract(
  test,
  'sqlite',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'))
    const clock = handClock()
    const open = () => openSqliteStore({ path: join(folder, 'data', 'gatehouse.db'), clock, log: silentLog })
    const stores = [open()]
    t.teardown(async () => {
      await Promise.all(stores.map((store) => store.close()))
      rmSync(folder, { recursive: true })
    })
    const another = async () => {
      const store = open()
      stores.push(store)
      return store
    }
    const [store = open()] = stores
    return { clock, store, another }
  },
  'shared',
)

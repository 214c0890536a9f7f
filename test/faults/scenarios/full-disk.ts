import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { settleAccount } from '../account.ts'
import { startFleet } from '../fleet.ts'
import { newLedger } from '../ledger.ts'
import { recovery, startTraffic } from '../traffic.ts'
import type { Scenario } from './scenario.ts'

const MIB = 1024 ** 2

/** A file system of 64 MiB, most of it taken by a file that is there to be removed again. */
export const fullDisk: Scenario = {
  name: 'the disk of SQLite is full, and has room again',
  missing: () => (process.getuid?.() === 0 ? undefined : 'root, to mount a small file system'),
  async run(t, effort) {
    const disk = mkdtempSync(join(tmpdir(), 'gatehouse-disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk])
    t.teardown(() => {
      execFileSync('umount', [disk])
      rmSync(disk, { recursive: true })
    })
    const fleet = await startFleet(t, 1, `sqlite:${disk}/store.db`)
    const ledger = newLedger()
    const traffic = startTraffic(fleet, ledger, { issuers: 3, checkers: 3, revokers: 1, pause: 10 })
    await sleep(2000 * effort)
    const ballast = join(disk, 'ballast')
    for (let size = 63 * MIB; size > 0; size -= MIB / 4) {
      try {
        writeFileSync(ballast, Buffer.alloc(size))
        break
      } catch {
        truncateSync(ballast)
      }
    }
    await sleep(5000 * effort)
    const refused = ledger.unavailable.size > 0
    const size = statSync(ballast).size
    rmSync(ballast)
    const took = await recovery(fleet)
    await sleep(1000)
    await traffic.stop()
    const account = await settleAccount(fleet, ledger)
    return {
      lines: [`${Math.round(size / MIB)} MiB of ballast; back after ${Math.round(took)} ms`, ...account.lines],
      broken: [...account.broken, ...(refused ? [] : ['nothing was ever refused: the disk was not full'])],
    }
  },
}

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { settleAccount } from '../account.ts'
import { type Fleet, startFleet } from '../fleet.ts'
import { newLedger } from '../ledger.ts'
import { startTraffic } from '../traffic.ts'
import type { Scenario } from './scenario.ts'

/** proc(5): the processes that a process has started. */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)

/** Whether both workers report. */
async function areTwo({ gateways }: Fleet): Promise<boolean> {
  const response = await fetch(`${gateways[0]?.adminUrl}/metrics`).catch(() => undefined)
  return /^gatehouse_workers 2$/m.test((await response?.text()) ?? '')
}

export const workerKilled: Scenario = {
  name: 'workers on SQLite are killed with -9 while they issue',
  async run(t, effort) {
    const fleet = await startFleet(t, 1, undefined, ['--workers', '2'])
    const pid = fleet.gateways[0]?.pid ?? 0
    const ledger = newLedger()
    const traffic = startTraffic(fleet, ledger, { issuers: 3, checkers: 3, revokers: 1, pause: 10, mayBreak: true })
    const took: number[] = []
    for (let kill = 0; kill < Math.ceil(8 * effort); kill++) {
      await sleep(500)
      const workers = childrenOf(pid)
      process.kill(workers[kill % workers.length] ?? 0, 'SIGKILL')
      const began = performance.now()
      while (childrenOf(pid).every((child) => workers.includes(child)) || !(await areTwo(fleet))) await sleep(20)
      took.push(performance.now() - began)
    }
    await sleep(2000)
    await traffic.stop()
    const account = await settleAccount(fleet, ledger)
    const replaced = took.map((ms) => `${Math.round(ms)} ms`).join(', ')
    return { ...account, lines: [`two workers served again after ${replaced}`, ...account.lines] }
  },
}

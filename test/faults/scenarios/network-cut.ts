import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { settleAccount } from '../account.ts'
import { startFleet } from '../fleet.ts'
import { newLedger } from '../ledger.ts'
import { recovery, SILENCE, startTraffic } from '../traffic.ts'
import type { Scenario } from './scenario.ts'

const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'pipe' })

/** Redis lives in a network of its own behind a cable that is pulled: packets vanish, nobody is told. */
export const networkCut: Scenario = {
  name: 'the network between gateways and Redis is cut (network namespace), and mended',
  missing: () => (process.getuid?.() === 0 ? undefined : 'root, to make a network namespace'),
  async run(t, effort) {
    const name = `gh${process.pid}`
    const [near, far] = [`${name}a`, `${name}b`]
    ip('netns', 'add', name)
    t.teardown(() => ip('netns', 'del', name))
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far)
    ip('link', 'set', far, 'netns', name)
    ip('addr', 'add', '10.213.7.1/30', 'dev', near)
    ip('link', 'set', near, 'up')
    ip('-n', name, 'addr', 'add', '10.213.7.2/30', 'dev', far)
    ip('-n', name, 'link', 'set', far, 'up')
    ip('-n', name, 'link', 'set', 'lo', 'up')
    const settings = ['--bind', '10.213.7.2', '--port', '6379', '--save', '', '--protected-mode', 'no']
    const redis = spawn('ip', ['netns', 'exec', name, 'redis-server', ...settings], { stdio: 'ignore' })
    t.teardown(async () => {
      redis.kill('SIGKILL')
      await once(redis, 'exit').catch(() => undefined)
    })
    await sleep(500)
    const fleet = await startFleet(t, 2, 'redis://10.213.7.2:6379/0')
    const ledger = newLedger()
    const traffic = startTraffic(fleet, ledger, { issuers: 3, checkers: 3, revokers: 1, pause: 10, known: SILENCE })
    const took: number[] = []
    for (const cut of [3000, 12_000]) {
      await sleep(3000 * effort)
      ip('-n', name, 'link', 'set', far, 'down')
      await sleep(cut * effort)
      ip('-n', name, 'link', 'set', far, 'up')
      took.push(await recovery(fleet))
    }
    await sleep(1000)
    await traffic.stop()
    const account = await settleAccount(fleet, ledger)
    return {
      ...account,
      lines: [`back after ${took.map((ms) => `${Math.round(ms)} ms`).join(', ')}`, ...account.lines],
    }
  },
}

import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { startGateway } from '../../src/app.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { Clock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'

/** A gateway in a process of its own, to be killed. Prints one line of JSON when it is ready. */
const [folder = '', epoch = '0'] = process.argv.slice(2)

// Thirty times as fast as the real one, in every process alike: leases of a minute end within the test.
const SPEED = 30
const start = Number(epoch)
const clock: Clock = {
  now: () => Math.round(start + (performance.timeOrigin + performance.now() - start) * SPEED),
  after(delay, task) {
    const timer = setTimeout(task, delay / SPEED)
    return () => clearTimeout(timer)
  },
}
const flags = {
  listen: '127.0.0.1:0',
  admin: '127.0.0.1:0',
  adminSecret: 'of the crash test',
  store: `sqlite:${join(folder, 'gatehouse.db')}`,
}
const { url, adminUrl } = await startGateway(loadSettings(folder, flags, {}), { clock, log: silentLog })
console.log(JSON.stringify({ url, adminUrl, adminSecret: flags.adminSecret }))
flushCompileCache() // it will not end by itself

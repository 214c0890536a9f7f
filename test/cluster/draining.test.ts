import cluster from 'node:cluster'
import { once } from 'node:events'
import { connect } from 'node:net'
import { resolve } from 'node:path'
import test from 'ava'
import { workerSlot } from '../../src/cluster/worker-slot.ts'
import { systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import { until } from '../_kit/until.ts'

cluster.setupPrimary({ exec: resolve(import.meta.dirname, 'draining-worker.ts'), args: [], execArgv: [] })

test('a worker with a connection that never began its TLS handshake ends by itself', async (t) => {
  const killed: string[] = []
  const log = { ...silentLog, error: (_: object, message: string) => void killed.push(message) }
  const slot = workerSlot(1, { clock: systemClock, log, environment: {}, variable: 'SLOT', endTimeout: 20_000 })
  t.teardown(() => slot.stop())
  const url = String(await slot.start())
  let taken = 0
  slot.current()?.on('message', ({ report }: { readonly report: number }) => {
    taken = report
  })
  const mute = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
  t.teardown(() => mute.destroy())
  await once(mute, 'connect')
  mute.resume()
  await until(() => {
    slot.current()?.send({ gatehouse: 'report', id: 1 })
    return taken === 1
  })
  await slot.stop()
  t.deepEqual(killed, [])
})

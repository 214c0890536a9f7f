// A worker for the test of draining: it listens with TLS and, asked to end, gives its connections a tenth of a second.
import { workerLink } from '../../src/cluster/worker-link.ts'
import { systemClock } from '../../src/core/clock.ts'
import { drain, listen } from '../../src/gateway/listen.ts'
import { createListener } from '../../src/gateway/listener.ts'
import { TEST_TLS } from '../_kit/tls.ts'

const link = workerLink(process.env['SLOT'], systemClock)
const limits = { headerBytes: 4096, headerTimeout: 600_000, requestTimeout: 600_000 }
let taken = 0
const server = createListener(() => {}, limits, TEST_TLS).on('connection', () => {
  taken++
})
process.once('SIGTERM', async () => {
  await drain(server, 100, systemClock)
  link?.close()
})
link?.answer(async () => taken)
link?.ready(await listen(server, { host: '127.0.0.1', port: 0 }, 'https'))

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { registerAgent } from '../_kit/agent.ts'
import { stepOnDocument } from './documents.ts'
import type { Effort } from './forward.ts'
import { type Bar, barLine, isKept } from './report.ts'
import { type ServerProcess, startNode } from './server-process.ts'

const PEERS = join(import.meta.dirname, 'peers')
const IDLE_SOCKETS = 2000
/** Messages that are under way on each WebSocket: a peer that waits for each answer measures the system's calls alone. */
const AT_ONCE = 16
const run = promisify(execFile)

/** What it costs to pass the messages of WebSockets, and to keep them open; true when all bars are kept. */
export async function benchWebSocket(folder: string, effort: Effort): Promise<boolean> {
  const echo = await startNode('echo', join(PEERS, 'websocket-echo.ts'))
  const document = JSON.stringify(stepOnDocument(echo.url.replace('http', 'ws')))
  const gatehouse = await startNode('Gatehouse', join(PEERS, 'gatehouse.ts'), [folder, document])
  try {
    const { adminUrl = '', adminSecret = '' } = gatehouse.facts
    const api = { url: `${gatehouse.url}/stepon`, adminUrl, adminSecret, apiId: 'step-on' }
    const { accessToken } = await (await registerAgent(api)).signIn('clark', { scope: 'step_counts' })
    const authorization = `Bearer ${accessToken}`
    const ratios: number[] = []
    console.log(
      `\nMessages of 64 bytes that go round on ${effort.connections} WebSockets, ${AT_ONCE} on each, per second`,
    )
    for (let round = 0; round < effort.rounds; round++) {
      const direct = await messages(echo.url.replace('http', 'ws'), authorization, effort)
      const before = gatehouse.cpu()
      const through = await messages(`${gatehouse.url.replace('http', 'ws')}/stepon/live`, authorization, effort)
      const cpu = (gatehouse.cpu() - before) / (through * (effort.seconds + 1))
      console.log(`  direct ${direct}, through Gatehouse ${through} at ${cpu.toFixed(1)} µs of its CPU each`)
      ratios.push(through / direct)
    }
    const bars: Bar[] = [
      { what: 'messages through Gatehouse ÷ direct', value: middle(ratios), atLeast: 0.5 },
      await memoryBar(gatehouse, authorization),
    ]
    for (const bar of bars) console.log(barLine(bar))
    return bars.every(isKept)
  } finally {
    await Promise.all([gatehouse.stop(), echo.stop()])
  }
}

async function messages(url: string, authorization: string, { connections, seconds }: Effort): Promise<number> {
  const args = [
    join(PEERS, 'websocket-load.ts'),
    url,
    authorization,
    String(connections),
    String(seconds),
    String(AT_ONCE),
  ]
  const { stdout } = await run(process.execPath, args)
  return (JSON.parse(stdout) as { readonly perSecond: number }).perSecond
}

async function memoryBar(gatehouse: ServerProcess, authorization: string): Promise<Bar> {
  const before = gatehouse.memory()
  const url = `${gatehouse.url.replace('http', 'ws')}/stepon/live`
  const idle = await startNode('idle', join(PEERS, 'websocket-idle.ts'), [url, authorization, String(IDLE_SOCKETS)])
  const used = ((gatehouse.memory() - before) * 1024) / IDLE_SOCKETS
  await idle.stop()
  return { what: `KiB of memory for each of ${IDLE_SOCKETS} open WebSockets`, value: used, atMost: 64 }
}

const middle = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

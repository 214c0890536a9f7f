import { join } from 'node:path'
import { basic, registerAgent } from '../_kit/agent.ts'
import type { Effort } from './forward.ts'
import { type Load, type Measurement, measure, medianOf } from './load.ts'
import { type Bar, barLine, isKept, table } from './report.ts'
import { type ServerProcess, startNode } from './server-process.ts'

const PEERS = join(import.meta.dirname, 'peers')
const UPSTREAM = 'http://127.0.0.1:9'
const USER = { username: 'walker', password: 'a password of some length' }

/** What notifications cost the issuing of tokens, and how fast they are delivered; true when both bars are kept. */
export async function benchNotify(folder: string, effort: Effort): Promise<boolean> {
  const receiver = await startNode('receiver', join(PEERS, 'receiver.ts'))
  const silent = await startNode('without notifications', join(PEERS, 'gatehouse.ts'), [folder, UPSTREAM])
  const telling = await startNode('with notifications', join(PEERS, 'gatehouse.ts'), [folder, UPSTREAM, receiver.url])
  try {
    const loads = new Map<ServerProcess, Load>()
    for (const server of [silent, telling]) loads.set(server, await issuing(server, effort))
    const measured = new Map<ServerProcess, Measurement[]>([...loads.keys()].map((server) => [server, []]))
    const drained: number[] = []
    for (let round = 0; round <= effort.rounds; round++) {
      for (const [server, load] of loads) {
        const result = await measure(server, round === 0 ? { ...load, seconds: 1 } : load, folder)
        if (round > 0) measured.get(server)?.push(result)
      }
      const rate = await drain(telling)
      if (round > 0) drained.push(rate)
    }
    return report(
      [...measured].map(([{ name }, all]) => ({ name, measured: medianOf(all) })),
      middle(drained),
    )
  } finally {
    await Promise.all([receiver, silent, telling].map((server) => server.stop()))
  }
}

async function issuing(server: ServerProcess, effort: Effort): Promise<Load> {
  const { adminUrl = '', adminSecret = '' } = server.facts
  const api = { url: `${server.url}/stepon`, adminUrl, adminSecret, apiId: 'step-on' }
  const { client } = await registerAgent(api)
  const headers = { authorization: adminSecret, 'content-type': 'application/json' }
  await fetch(`${adminUrl}/api/users`, { method: 'POST', headers, body: JSON.stringify(USER) })
  const authorization = basic(client.clientId, client.clientSecret ?? '')
  return {
    url: `${api.url}/oauth/token`,
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'password', scope: 'step_counts', ...USER }).toString(),
    ...effort,
  }
}

/** Waits until the backlog is delivered; how many notifications a second that were. */
async function drain(server: ServerProcess): Promise<number> {
  const before = await undelivered(server)
  const start = performance.now()
  for (let left = before; left > 0; left = await undelivered(server)) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return (before / (performance.now() - start)) * 1000
}

async function undelivered({ facts }: ServerProcess): Promise<number> {
  const headers = { authorization: facts['adminSecret'] ?? '' }
  const response = await fetch(`${facts['adminUrl']}/api/notifications/endpoints`, { headers })
  const { data } = (await response.json()) as { readonly data: readonly { readonly undelivered: number }[] }
  return data.reduce((sum, one) => sum + one.undelivered, 0)
}

const middle = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0

function report(
  rows: readonly { readonly name: string; readonly measured: Measurement }[],
  delivered: number,
): boolean {
  console.log('\nIssuing tokens (password grant) with and without a notification of each, while those are delivered')
  console.log(table(rows))
  const [silent, telling] = rows.map(({ measured }) => measured.requestsPerSecond)
  const bars: readonly Bar[] = [
    { what: 'rate of issuing with notifications to that without', value: (telling ?? 0) / (silent ?? 1), atLeast: 0.8 },
    { what: 'notifications delivered in a second', value: delivered, atLeast: 2000 },
  ]
  for (const bar of bars) console.log(barLine(bar))
  return bars.every(isKept)
}

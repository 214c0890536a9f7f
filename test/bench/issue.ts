import { join } from 'node:path'
import { basic, registerAgent } from '../_kit/agent.ts'
import type { Effort } from './forward.ts'
import { type Load, type Measurement, measure, medianOf } from './load.ts'
import { type Bar, barLine, isKept, table } from './report.ts'
import { type ServerProcess, startNode } from './server-process.ts'

/** How many tokens can be issued (client credentials); true when the bar is kept. */
export async function benchIssue(folder: string, effort: Effort): Promise<boolean> {
  const peers = join(import.meta.dirname, 'peers')
  const gatehouse = await startNode('Gatehouse', join(peers, 'gatehouse.ts'), [folder, 'http://127.0.0.1:9'])
  const provider = await startNode('oidc-provider', join(peers, 'oidc-provider.ts'))
  try {
    const { adminUrl = '', adminSecret = '' } = gatehouse.facts
    const api = { url: `${gatehouse.url}/stepon`, adminUrl, adminSecret, apiId: 'step-on' }
    const { client } = await registerAgent(api)
    const ask = (url: string, id: string, secret: string): Load => ({
      url,
      method: 'POST',
      headers: { authorization: basic(id, secret), 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials&scope=statistics',
      ...effort,
    })
    const contenders: readonly (readonly [ServerProcess, Load])[] = [
      [provider, ask(`${provider.url}/token`, 'bench', 'bench-secret-of-some-length-0123456789')],
      [gatehouse, ask(`${api.url}/oauth/token`, client.clientId, client.clientSecret ?? '')],
    ]
    for (const [server, load] of contenders) await proveIssuing(server, load)
    const measured = new Map<string, Measurement[]>(contenders.map(([server]) => [server.name, []]))
    for (let round = 0; round <= effort.rounds; round++) {
      for (const [server, load] of contenders) {
        const result = await measure(server, round === 0 ? { ...load, seconds: 2 } : load, folder)
        if (round > 0) measured.get(server.name)?.push(result)
      }
    }
    return report(new Map([...measured].map(([name, all]) => [name, medianOf(all)])))
  } finally {
    await Promise.all([gatehouse.stop(), provider.stop()])
  }
}

async function proveIssuing(server: ServerProcess, load: Load): Promise<void> {
  const request = { method: 'POST', headers: { ...load.headers }, body: load.body ?? null }
  const response = await fetch(load.url, request)
  const text = await response.text()
  if (response.status !== 200 || !text.includes('access_token')) {
    throw new Error(`${server.name} answered ${response.status}: ${text}`)
  }
}

function report(results: ReadonlyMap<string, Measurement>): boolean {
  console.log(
    '\nIssuing tokens (client credentials); Gatehouse writes each to SQLite, oidc-provider keeps them in memory',
  )
  console.log(table([...results].map(([name, measured]) => ({ name, measured }))))
  const rate = (name: string): number => results.get(name)?.requestsPerSecond ?? 0
  const bar: Bar = { what: 'tokens that Gatehouse issues in a second', value: rate('Gatehouse'), atLeast: 8000 }
  console.log(barLine(bar))
  console.log(`          ${(rate('Gatehouse') / rate('oidc-provider')).toFixed(2)} × oidc-provider`)
  return isKept(bar)
}

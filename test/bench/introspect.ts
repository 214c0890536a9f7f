import { join } from 'node:path'
import { basic, registerAgent } from '../_kit/agent.ts'
import type { Effort } from './forward.ts'
import { type Load, type Measurement, measure, medianOf } from './load.ts'
import { type Bar, barLine, isKept, table } from './report.ts'
import { type ServerProcess, startNode } from './server-process.ts'

interface Contender {
  readonly server: ServerProcess
  readonly tokenUrl: string
  readonly introspectUrl: string
  readonly authorization: string
}

/** How often in a second a resource server can ask whether a token is good (RFC 7662); true when the bar is kept. */
export async function benchIntrospect(folder: string, effort: Effort): Promise<boolean> {
  const peers = join(import.meta.dirname, 'peers')
  const gatehouse = await startNode('Gatehouse', join(peers, 'gatehouse.ts'), [folder, 'http://127.0.0.1:9'])
  const provider = await startNode('oidc-provider', join(peers, 'oidc-provider.ts'))
  try {
    const { adminUrl = '', adminSecret = '' } = gatehouse.facts
    const api = { url: `${gatehouse.url}/stepon`, adminUrl, adminSecret, apiId: 'step-on' }
    const { client } = await registerAgent(api)
    const contenders: readonly Contender[] = [
      {
        server: provider,
        tokenUrl: `${provider.url}/token`,
        introspectUrl: `${provider.url}/token/introspection`,
        authorization: basic('bench', 'bench-secret-of-some-length-0123456789'),
      },
      {
        server: gatehouse,
        tokenUrl: `${api.url}/oauth/token`,
        introspectUrl: `${api.url}/oauth/introspect`,
        authorization: basic(client.clientId, client.clientSecret ?? ''),
      },
    ]
    const loads = await Promise.all(contenders.map((contender) => loadOf(contender, effort)))
    const measured = new Map<string, Measurement[]>(contenders.map(({ server }) => [server.name, []]))
    for (let round = 0; round <= effort.rounds; round++) {
      for (const [index, { server }] of contenders.entries()) {
        const load = loads[index] as Load
        const result = await measure(server, round === 0 ? { ...load, seconds: 2 } : load, folder)
        if (round > 0) measured.get(server.name)?.push(result)
      }
    }
    return report(new Map([...measured].map(([name, all]) => [name, medianOf(all)])))
  } finally {
    await Promise.all([gatehouse.stop(), provider.stop()])
  }
}

/** Questions about a token of the contender's own, which is proven to be good first. */
async function loadOf({ server, tokenUrl, introspectUrl, authorization }: Contender, effort: Effort): Promise<Load> {
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
  const post = async (url: string, body: string): Promise<Readonly<Record<string, unknown>>> =>
    (await fetch(url, { method: 'POST', headers, body })).json() as Promise<Record<string, unknown>>
  const token = (await post(tokenUrl, 'grant_type=client_credentials&scope=statistics'))['access_token']
  const body = `token=${String(token)}`
  const answer = await post(introspectUrl, body)
  if (answer['active'] !== true) throw new Error(`${server.name} answered ${JSON.stringify(answer)}`)
  return { url: introspectUrl, method: 'POST', headers, body, ...effort }
}

function report(results: ReadonlyMap<string, Measurement>): boolean {
  console.log('\nIntrospection of a live token by a client with a secret; Gatehouse on SQLite, oidc-provider in memory')
  console.log(table([...results].map(([name, measured]) => ({ name, measured }))))
  const rate = (name: string): number => results.get(name)?.requestsPerSecond ?? 0
  const bar: Bar = { what: 'introspections of Gatehouse in a second', value: rate('Gatehouse'), atLeast: 10_000 }
  console.log(barLine(bar))
  console.log(`          ${(rate('Gatehouse') / rate('oidc-provider')).toFixed(2)} × oidc-provider`)
  return isKept(bar)
}

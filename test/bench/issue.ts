import type { Effort } from './forward.ts'
import { inTurn } from './in-turn.ts'
import { startIssuers } from './issuers.ts'
import type { Load, Measurement } from './load.ts'
import { type Bar, barLine, isKept, table } from './report.ts'
import type { ServerProcess } from './server-process.ts'

/** How many tokens can be issued (client credentials); true when the bar is kept. */
export async function benchIssue(folder: string, effort: Effort): Promise<boolean> {
  const issuers = await startIssuers(folder)
  try {
    const contenders = issuers.map(({ server, tokenUrl, headers }) => {
      const body = 'grant_type=client_credentials&scope=statistics'
      return [server, { url: tokenUrl, method: 'POST', headers, body, ...effort }] as const
    })
    for (const [server, load] of contenders) await proveIssuing(server, load)
    return report(await inTurn(contenders, effort, folder))
  } finally {
    await Promise.all(issuers.map(({ server }) => server.stop()))
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

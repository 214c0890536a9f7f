import type { Effort } from './forward.ts'
import { inTurn } from './in-turn.ts'
import { type Issuer, startIssuers } from './issuers.ts'
import type { Load, Measurement } from './load.ts'
import { type Bar, barLine, isKept, table } from './report.ts'

/** How often in a second a resource server can ask whether a token is good (RFC 7662); true when the bar is kept. */
export async function benchIntrospect(folder: string, effort: Effort): Promise<boolean> {
  const issuers = await startIssuers(folder)
  try {
    const contenders = await Promise.all(
      issuers.map(async (issuer) => [issuer.server, await loadOf(issuer, effort)] as const),
    )
    return report(await inTurn(contenders, effort, folder))
  } finally {
    await Promise.all(issuers.map(({ server }) => server.stop()))
  }
}

/** Questions about a token of the contender's own, which is proven to be good first. */
async function loadOf({ server, tokenUrl, introspectUrl, headers }: Issuer, effort: Effort): Promise<Load> {
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

import { upstreamAuthentication } from '../../src/api/settings/upstream-authentication.ts'
import { systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import { pooledRandom } from '../../src/core/random.ts'
import { openVault } from '../../src/core/vault.ts'
import type { Call } from '../../src/gateway/call.ts'
import { showCredential } from '../../src/gateway/upstream-credential.ts'
import { createOutbound } from '../../src/outbound/client.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { createUpstreamCredentials } from '../../src/upstream/credentials/upstream-credentials.ts'
import { startTokenServer } from '../_kit/token-server.ts'
import type { Effort } from './forward.ts'
import { type Bar, barLine, isKept } from './report.ts'

const REQUESTS = 1_000_000

/** What a token for the upstream adds to a request when it is known; true when the bar is kept. */
export async function benchUpstreamToken(_: string, { rounds }: Effort): Promise<boolean> {
  const server = await startTokenServer()
  const random = pooledRandom()
  const deps = { clock: systemClock, random, log: silentLog }
  const outbound = createOutbound({ privateTargets: 'allow', ...deps })
  const store = openMemoryStore(deps)
  const vault = openVault(Buffer.alloc(32, 1), random)
  const credentials = createUpstreamCredentials({ store, vault, outbound, ...deps })
  const clientCredentials = { tokenUrl: server.url, clientId: 'gateway', clientSecret: 'secret-of-the-gateway' }
  const credential = credentials.for(upstreamAuthentication.parse({ oauth: { clientCredentials } }))
  if (!credential) throw new Error('there is a credential')
  await credential.obtain()
  const step = showCredential(credential)
  const times = Array.from({ length: rounds + 1 }, () => {
    const began = performance.now()
    for (let count = 0; count < REQUESTS; count++) {
      const call = { headers: ['Host', 'upstream'], shown: undefined } as unknown as Call
      if (step(call)) throw new Error('a known token makes nobody wait')
    }
    return ((performance.now() - began) * 1000) / REQUESTS
  }).slice(1)
  credentials.close()
  outbound.close()
  server.close()
  await store.close()
  console.log('\nA token for the upstream, when it is known')
  const bar: Bar = { what: 'µs for each request', value: Math.max(...times), atMost: 5 }
  console.log(barLine(bar))
  return isKept(bar)
}

import type { ExecutionContext } from 'ava'
import { upstreamAuthentication } from '../../src/api/settings/upstream-authentication.ts'
import { systemClock } from '../../src/core/clock.ts'
import type { Log, LogFields } from '../../src/core/log.ts'
import { pooledRandom } from '../../src/core/random.ts'
import { openVault } from '../../src/core/vault.ts'
import { createOutbound } from '../../src/outbound/client.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { createUpstreamCredentials } from '../../src/upstream/credentials/upstream-credentials.ts'
import { handClock } from './clock.ts'
import { startTokenServer } from './token-server.ts'
import { forTest } from './world.ts'

type Wish = Readonly<Record<string, unknown>>

/** A token server, and gateways that share a store. */
export async function credentialsWorld(t: ExecutionContext) {
  const server = await forTest(t, startTokenServer())
  const clock = handClock()
  const store = openMemoryStore({ clock })
  const lines: (readonly [LogFields, string])[] = []
  const say = (fields: LogFields, message: string): void => void lines.push([fields, message])
  const log: Log = { debug: say, info: say, warn: say, error: say }
  const random = pooledRandom()
  const outbound = await forTest(t, createOutbound({ privateTargets: 'allow', clock: systemClock, log }))
  const gateway = (changed: Partial<Store> = {}) => {
    const parts = { store: { ...store, ...changed }, vault: openVault(Buffer.alloc(32, 1), random) }
    return createUpstreamCredentials({ ...parts, outbound, clock, random, log })
  }
  const first = gateway()
  const settings = (wish: Wish = {}) => {
    const clientCredentials = { tokenUrl: server.url, clientId: 'gate', clientSecret: 'the-secret-of-gate', ...wish }
    return upstreamAuthentication.parse({ oauth: { clientCredentials } })
  }
  const credential = (wish: Wish = {}, of = first) => {
    const found = of.for(settings(wish))
    if (!found) throw new Error('there is a credential')
    return found
  }
  return { server, clock, store, lines, gateway, settings, credential }
}

import type { ExecutionContext } from 'ava'
import { notificationSettings } from '../../src/api/settings/notifications.ts'
import type { Clock } from '../../src/core/clock.ts'
import type { LogFields } from '../../src/core/log.ts'
import { pooledRandom } from '../../src/core/random.ts'
import { openVault } from '../../src/core/vault.ts'
import { createAnnouncer } from '../../src/notify/announce.ts'
import { createDeliverer, type Deliverer } from '../../src/notify/deliverer.ts'
import { schemeEndpoints } from '../../src/notify/endpoint.ts'
import type { GatewayEvent, TokenEvent } from '../../src/notify/event.ts'
import { withAnnouncement } from '../../src/notify/event.ts'
import { createOutbound } from '../../src/outbound/client.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { handClock } from '../_kit/clock.ts'
import { startReceiver } from '../_kit/receiver.ts'

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

/** An announcer and a deliverer with a store and a clock of their own, and a receiver. */
export async function notifyWorld(
  t: ExecutionContext,
  settings: Record<string, unknown> = {},
  given: { readonly store?: (clock: Clock) => Store | Promise<Store>; readonly attemptDeadline?: number } = {},
) {
  const clock = handClock(Math.floor(Date.now() / 1000) * 1000)
  const random = pooledRandom()
  const store = (await given.store?.(clock)) ?? openMemoryStore({ clock })
  const receiver = await startReceiver()
  const vault = openVault(Buffer.alloc(32, 7), random)
  const lines: { readonly level: string; readonly fields: LogFields; readonly message: string }[] = []
  const line = (level: string) => (fields: LogFields, message: string) => void lines.push({ level, fields, message })
  const log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  const outbound = createOutbound({ privateTargets: 'allow', clock, log })

  const read = (values: Record<string, unknown>) =>
    schemeEndpoints(
      vault,
      log,
      'step-on',
      'oauth',
      notificationSettings.parse({ onKeyChangeUrl: receiver.url, sharedSecret: SECRET, ...values }),
    )
  let endpoints = read(settings)
  const { attemptDeadline = 15_000 } = given
  const deliverers: Deliverer[] = []
  const startDeliverer = (): Deliverer => {
    const deps = { store, vault, outbound, clock, random, log, endpoints: () => endpoints, attemptDeadline }
    const started = createDeliverer(deps)
    deliverers.push(started)
    started.start()
    return started
  }
  const deliverer = startDeliverer()
  const announcer = createAnnouncer({
    vault,
    random,
    clock,
    endpointsOf: (api, scheme) =>
      endpoints.filter((endpoint) => endpoint.api === api && (scheme ?? endpoint.scheme) === endpoint.scheme),
    deliver: deliverer.deliver,
  })
  const announce = async (event: GatewayEvent, partition = 3) => {
    const announcement = announcer.announce(partition, event)
    const outcome = await store.commit(withAnnouncement({ partition }, announcement))
    announcer.wake()
    return { outcome, ids: announcement.enqueue.map(({ id }) => id) }
  }
  /** Waits until nothing is in flight from any deliverer, and nothing begins. */
  const quiet = async (): Promise<void> => {
    for (let calm = 0; calm < 25; calm++) {
      if (endpoints.some(({ id }) => deliverers.some((one) => one.inFlight(id) > 0))) calm = 0
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  t.teardown(async () => {
    receiver.close()
    await Promise.all(deliverers.map((one) => one.stop()))
    outbound.close()
    await store.close()
  })
  return {
    clock,
    random,
    store,
    receiver,
    vault,
    log,
    lines,
    outbound,
    deliverer,
    /** Starts what another gateway has: a deliverer on the same store. Time passes for all of them. */
    startDeliverer,
    announcer,
    announce,
    get endpoints() {
      return endpoints
    },
    /** Loads another document. */
    configure: (values: Record<string, unknown>) => {
      endpoints = read(values)
    },
    quiet,
    /** Lets time pass in steps of at most `step` ms, and lets everything happen that falls due in each. */
    pass: async (milliseconds: number, step = 30_000) => {
      for (let left = milliseconds; left > 0; left -= step) {
        await clock.advance(Math.min(step, left))
        await quiet()
      }
    },
    announceAt: (partition: number) => announce(tokenEvent(clock.now()), partition),
    issue: (more: Partial<TokenEvent> = {}) => announce(tokenEvent(clock.now(), more)),
  }
}

let serial = 0
export function tokenEvent(at: number, more: Partial<TokenEvent> = {}): TokenEvent {
  const number = ++serial
  return {
    type: 'oauth.token.issued',
    at,
    api: 'step-on',
    scheme: 'oauth',
    clientId: 'app',
    user: 'alice',
    scope: ['read', 'write'],
    grantType: 'authorization_code',
    grantId: `grant-${number}`,
    tokenId: `token-${number}`,
    expiresAt: at + 3_600_000,
    code: `canary-code-${number}-000000`,
    accessToken: `canary-access-${number}-000000`,
    refreshToken: `canary-refresh-${number}-000000`,
    ...more,
  }
}

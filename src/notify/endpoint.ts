import type { KeyObject } from 'node:crypto'
import type { NotificationSettings, ReceiverSettings } from '../api/settings/notifications.ts'
import type { Log } from '../core/log.ts'
import type { Secret } from '../core/secret.ts'
import type { Vault } from '../core/vault.ts'
import { endpointKey } from './ed25519.ts'

/** A receiver of notifications, as the live document describes it. */
export interface Endpoint {
  /** `<api>.<scheme>.<name>`: stays the same when the URL or the secrets change. */
  readonly id: string
  readonly api: string
  readonly scheme: string
  /** `default` for `onKeyChangeUrl`. */
  readonly name: string
  readonly url: string
  readonly secret?: Secret
  /** Sign along with the secret. */
  readonly previousSecrets: readonly Secret[]
  /** Ed25519 private key of the `v1a` signature. */
  readonly signingKey?: KeyObject
  readonly sendSharedSecret: boolean
  readonly includeTokens: boolean
  readonly clientCredentials: boolean
  /** Event types, or `*`. */
  readonly events: ReadonlySet<string>
  /** Milliseconds before each attempt, counted from the one before. */
  readonly schedule: readonly number[]
  readonly maxInFlight: number
  /** Undelivered events that are kept. */
  readonly capacity: number
  readonly atCapacity: 'refuse' | 'drop_oldest'
  /** Milliseconds for which delivered and dead ones are kept. */
  readonly history: number
  readonly deadLetters: number
}

/** The receivers that an OAuth scheme's settings name. One whose Ed25519 key cannot be read is told without `v1a`. */
export function schemeEndpoints(
  vault: Vault,
  log: Log,
  api: string,
  scheme: string,
  settings: NotificationSettings | undefined,
): readonly Endpoint[] {
  if (!settings) return []
  const { onKeyChangeUrl, endpoints } = settings
  const all = [
    ...(onKeyChangeUrl === undefined ? [] : [{ name: 'default', url: onKeyChangeUrl, receiver: settings }]),
    ...endpoints.map((receiver) => ({ name: receiver.name, url: receiver.url, receiver })),
  ]
  return all.map(({ name, url, receiver }) => {
    const id = `${api}.${scheme}.${name}`
    const { schedule, maxInFlight, capacity, atCapacity, history, deadLetters } = settings
    const delivery = { schedule, maxInFlight, capacity, atCapacity, history, deadLetters }
    return { id, api, scheme, name, url, ...receiverOf(vault, log, id, receiver), ...delivery }
  })
}

function receiverOf(vault: Vault, log: Log, id: string, settings: ReceiverSettings) {
  const { sharedSecret, previousSecrets, ed25519, sendSharedSecret, includeTokens, clientCredentials } = settings
  const signingKey = ed25519?.enabled ? usableKey(vault, log, id, ed25519.key?.reveal()) : undefined
  return {
    ...(sharedSecret ? { secret: sharedSecret } : {}),
    ...(signingKey ? { signingKey } : {}),
    previousSecrets,
    sendSharedSecret,
    includeTokens,
    clientCredentials,
    events: new Set<string>(settings.events),
  }
}

/** A key that is of no use must not cost an event. */
function usableKey(vault: Vault, log: Log, id: string, configured: string | undefined): KeyObject | undefined {
  try {
    return endpointKey(vault, id, configured)
  } catch (error) {
    log.error({ endpoint: id, error: String(error) }, 'the Ed25519 key of a receiver cannot be used')
    return undefined
  }
}

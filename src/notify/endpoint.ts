import type { KeyObject } from 'node:crypto'
import type { NotificationSettings, ReceiverSettings } from '../api/settings/notifications.ts'
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

/** The receivers that an OAuth scheme's settings name. Throws `RangeError` for an Ed25519 key that cannot be read. */
export function schemeEndpoints(
  vault: Vault,
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
    return { id, api, scheme, name, url, ...receiverOf(vault, id, receiver), ...delivery }
  })
}

function receiverOf(vault: Vault, id: string, settings: ReceiverSettings) {
  const { sharedSecret, previousSecrets, ed25519, sendSharedSecret, includeTokens, clientCredentials } = settings
  return {
    ...(sharedSecret ? { secret: sharedSecret } : {}),
    ...(ed25519?.enabled ? { signingKey: endpointKey(vault, id, ed25519.key?.reveal()) } : {}),
    previousSecrets,
    sendSharedSecret,
    includeTokens,
    clientCredentials,
    events: new Set<string>(settings.events),
  }
}

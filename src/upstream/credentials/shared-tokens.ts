import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Vault } from '../../core/vault.ts'
import { type Entry, partitionOf, recordKind, type Store, StoreUnavailable } from '../../store/store.ts'
import type { UpstreamToken } from './token-answer.ts'

/** A token as the store knows it: sealed, because whoever reads the store must not become the gateway. */
interface UpstreamTokenRecord {
  readonly sealed: string
}

const PURPOSE = 'upstream-token'
const keyOf = recordKind<UpstreamTokenRecord>(PURPOSE)

/** Tokens that gateways with one store have in common. What the store cannot do is done without it. */
export interface SharedTokens {
  /** Names the token that these settings lead to; nobody can tell the settings from it. */
  nameOf(settings: string): string
  read(name: string): Promise<UpstreamToken | undefined>
  write(name: string, token: UpstreamToken): Promise<void>
  /** Forgets the token, unless another one has taken its place. */
  forget(name: string, value: string): Promise<void>
}

export function sharedTokens(deps: {
  readonly store: Store
  readonly vault: Vault
  readonly clock: Clock
  readonly log: Log
}): SharedTokens {
  const { store, vault, log } = deps
  const addressOf = (name: string) => keyOf(partitionOf(name), name)
  const unseal = (name: string, entry: Entry<UpstreamTokenRecord> | undefined): UpstreamToken | undefined => {
    const text = entry && vault.open(PURPOSE, entry.value.sealed, name)
    return text === undefined ? undefined : (JSON.parse(text) as UpstreamToken)
  }
  const without = (error: unknown): undefined => {
    if (!(error instanceof StoreUnavailable)) throw error
    log.warn({ error: error.message }, 'upstream tokens are not shared while the store does not answer')
  }
  return {
    nameOf: (settings) => vault.mac(PURPOSE, settings).toString('base64url'),
    async read(name) {
      const entries = await store.get([addressOf(name)]).catch(without)
      return unseal(name, entries?.[0])
    },
    async write(name, token) {
      const key = addressOf(name)
      const value = { sealed: vault.seal(PURPOSE, JSON.stringify(token), name) } satisfies UpstreamTokenRecord
      const writes = [{ op: 'put', key, value, expiresAt: token.expiresAt }] as const
      await store.commit({ partition: key.partition, writes }).catch(without)
    },
    async forget(name, value) {
      const key = addressOf(name)
      const [entry] = (await store.get([key]).catch(without)) ?? []
      if (!entry || unseal(name, entry)?.value !== value) return
      const { partition } = key
      await store
        .commit({ partition, guards: [{ key, version: entry.version }], writes: [{ op: 'remove', key }] })
        .catch(without)
    },
  }
}

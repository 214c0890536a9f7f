import { SettingsError } from '../config/load.ts'
import type { Vault } from '../core/vault.ts'
import { openStore, type StoreDeps } from '../store/index.ts'
import { patiently } from '../store/patiently.ts'
import { partitionOf, recordKind, type Store } from '../store/store.ts'

/** A digest that tells master keys apart and nothing else about them. */
const masterKeyMark = recordKind<{ readonly digest: string }>('master_key')(partitionOf('master_key'), 'digest')

/**
 * The store at `url`, once it is certain that it was written under the master key of `vault`: with another one, refresh tokens
 * that are good would be refused as invalid, and what is sealed in the store could not be read. The first gateway notes which
 * key it is. Throws `SettingsError` for another key and for a URL that makes no sense, `StoreUnavailable` as `openStore`.
 */
export async function openedStore(url: string, vault: Vault, deps: StoreDeps): Promise<Store> {
  const store = await openStore(url, deps).catch((error: unknown) => {
    throw error instanceof TypeError ? new SettingsError(`--store: ${error.message}`) : error
  })
  try {
    await patiently(() => requireMasterKey(store, vault))
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

async function requireMasterKey(store: Store, vault: Vault): Promise<void> {
  const digest = vault.mac('which master key', '').toString('base64url')
  const [known] = await store.get([masterKeyMark])
  if (known?.value.digest === digest) return
  const { partition } = masterKeyMark
  const guards = [{ key: masterKeyMark, version: 0 }]
  await store.commit({ partition, guards, writes: [{ op: 'put', key: masterKeyMark, value: { digest } }] })
  const [kept] = await store.get([masterKeyMark]) // of gateways that start at once, the first one decides
  if (kept?.value.digest === digest) return
  throw new SettingsError(
    'the master key is not the one that the store was written under: every gateway of a store needs the same GATEHOUSE_MASTER_KEY',
  )
}

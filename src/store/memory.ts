import type { Clock } from '../core/clock.ts'
import { silentLog } from '../core/log.ts'
import { openSqliteStore } from './sqlite.ts'
import type { Store } from './store.ts'

/** A store of this process alone, for tests: the embedded one without a file, so that it behaves as that does. */
export function openMemoryStore(deps: { readonly clock: Clock }): Store {
  return openSqliteStore({ path: ':memory:', clock: deps.clock, log: silentLog })
}

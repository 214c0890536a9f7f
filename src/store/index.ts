import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { openMemoryStore } from './memory.ts'
import { openRedisStore } from './redis.ts'
import { openSqliteStore } from './sqlite.ts'
import type { Store } from './store.ts'

export interface StoreDeps {
  readonly clock: Clock
  readonly log: Log
}

/** How each URL scheme is opened. */
const STORES: Readonly<Record<string, (url: string, deps: StoreDeps) => Store | Promise<Store>>> = {
  memory: (_url, { clock }) => openMemoryStore({ clock }),
  sqlite: (url, deps) => openSqliteStore({ ...sqliteLocation(url), ...deps }),
  redis: (url, deps) => openRedisStore({ url, ...deps }),
  rediss: (url, deps) => openRedisStore({ url, ...deps }),
}

/**
 * Opens the store that `url` names: `sqlite:PATH`, with `?durability=power` for commits that survive a power cut,
 * `redis://…` and its relatives (see `parseRedisUrl`), or `memory:`. Rejects with `StoreUnavailable` when it cannot be opened, with `TypeError` when no store has that scheme.
 */
export async function openStore(url: string, deps: StoreDeps): Promise<Store> {
  const scheme = /^([a-z]+)(?:\+[a-z]+)?:/.exec(url)?.[1] ?? ''
  const open = Object.hasOwn(STORES, scheme) ? STORES[scheme] : undefined
  if (!open) throw new TypeError(`no store has the scheme "${scheme}"; known are ${Object.keys(STORES).join(', ')}`)
  return open(url, deps)
}

/** The file of an embedded store; undefined for another one. */
export function storeFile(url: string): string | undefined {
  return url.startsWith('sqlite:') ? sqliteLocation(url).path : undefined
}

function sqliteLocation(url: string): { readonly path: string; readonly durability: 'process' | 'power' } {
  const [, path = '', query] = /^sqlite:(?:\/\/(?=\/))?([^?]*)(?:\?(.*))?$/.exec(url) ?? []
  if (path === '') throw new TypeError('a sqlite: URL needs a path, such as sqlite:./data/gatehouse.db')
  const durability = new URLSearchParams(query).get('durability') === 'power' ? 'power' : 'process'
  return { path: decodeURI(path), durability }
}

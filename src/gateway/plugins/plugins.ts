import { readdir } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import type { z } from 'zod'
import { identityOf, stampOf } from '../documents/find-files.ts'
import { settle } from '../documents/settle.ts'
import { watchFolders } from '../documents/watch-folders.ts'
import type { Policy } from '../policies/policy.ts'
import { type PluginOptions, PluginShelf, type PluginStatus } from './plugin-shelf.ts'

/** The policies that a folder of plugins adds to those of the gateway. */
export interface Plugins {
  /** By name; changes as files do. */
  readonly policies: ReadonlyMap<string, Policy>
  /** Schemas of all policies there are, the gateway's own first; changes as files do. */
  readonly settings: ReadonlyMap<string, z.ZodType>
  /** Differs whenever a plugin is another one. */
  version(): string
  status(): readonly PluginStatus[]
  /** Looks at all files. Resolves when what changed has been loaded, and told to listeners; rejects when the folder cannot be listed. */
  rescan(): Promise<void>
  /** Calls `listener` with the names of plugins that came, went or changed; returns what ends that. */
  onChange(listener: (names: ReadonlySet<string>) => void): () => void
  /** From now on changes of files are loaded by themselves; returns what ends that. */
  watch(): () => void
}

const FILE = /^[a-z][A-Za-z0-9]{0,63}\.(?:ts|mts|js|mjs)$/
const TIMES = { quiet: 30, longest: 300 }
const POLL = 5000

/** Loads what is in the folder; there need not be one. */
export async function openPlugins(options: PluginOptions): Promise<Plugins> {
  const { folder } = options
  const shelf = new PluginShelf(options)
  const listeners = new Set<(names: ReadonlySet<string>) => void>()
  let busy: Promise<void> = Promise.resolve()

  const look = async (): Promise<void> => {
    const found = await filesIn(folder)
    const changed = new Set(shelf.names().filter((name) => !found.has(name)))
    for (const name of changed) shelf.unload(name)
    for (const [name, { file, stamp }] of found) {
      if (shelf.holds(name, file, stamp)) continue
      changed.add(name)
      await shelf.load(name, file, stamp)
    }
    if (changed.size > 0) for (const listener of listeners) listener(changed)
  }
  const rescan = (): Promise<void> => {
    busy = busy.then(look, look)
    return busy
  }
  await rescan()
  return {
    policies: shelf.policies,
    settings: shelf.settings,
    version: () => shelf.version(),
    status: () => shelf.status(),
    rescan,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    watch: () => watchPlugins(folder, options, rescan),
  }
}

/** Of two files for one name, the last counts. Rejects when the folder is there and cannot be listed. */
async function filesIn(folder: string): Promise<Map<string, { readonly file: string; readonly stamp: string }>> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  })
  const found = new Map<string, { readonly file: string; readonly stamp: string }>()
  for (const name of names.filter((one) => FILE.test(one)).sort()) {
    const file = join(folder, name)
    const stamp = await stampOf(file)
    if (stamp !== undefined) found.set(basename(name, extname(name)), { file, stamp })
  }
  return found
}

/** The folder may come later than the gateway, and some file systems tell of nothing: it is looked at now and then as well. */
function watchPlugins(folder: string, { clock, log }: PluginOptions, rescan: () => Promise<void>): () => void {
  const look = (): Promise<void> =>
    rescan().catch((error: unknown) =>
      log.error({ folder, error: String(error) }, 'the folder of plugins cannot be read; they stay as they are'),
    )
  const settler = settle(clock, TIMES, () => void look())
  const watcher = watchFolders(() => settler.add('all'), log)
  let cancel = (): void => {}
  const poll = async (): Promise<void> => {
    if (watcher.follow(new Map([[folder, await identityOf(folder)]]))) settler.add('all')
    else await look()
    cancel = clock.after(POLL, () => void poll())
  }
  void poll()
  return () => {
    cancel()
    settler.cancel()
    watcher.close()
  }
}

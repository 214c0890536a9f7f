import type { z } from 'zod'
import { identityOf } from '../documents/find-files.ts'
import { settle } from '../documents/settle.ts'
import { watchFolders } from '../documents/watch-folders.ts'
import type { Policy } from '../policies/policy.ts'
import { findPlugins } from './find-plugins.ts'
import { missingNames } from './missing-names.ts'
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
  /**
   * Looks at all files. A plugin has gone when its file is still missing `grace` milliseconds (default: 0) after it was first
   * missed, from a folder that is there. Resolves when what changed has been loaded, and told to listeners, to whether
   * files are missing that may come back; rejects when the folder cannot be listed.
   */
  rescan(grace?: number): Promise<boolean>
  /** Calls `listener` with the names of plugins that came, went or changed; returns what ends that. */
  onChange(listener: (names: ReadonlySet<string>) => void): () => void
  /** From now on changes of files are loaded by themselves; returns what ends that. */
  watch(): () => void
}

const TIMES = { quiet: 30, longest: 300 }
/** Milliseconds: an editor may put a new file in the place of the old one meanwhile. */
const GRACE = 150
const POLL = 5000

/** Loads what is in the folder; there need not be one. While it is away, as between two mounts, plugins stay as they are. */
export async function openPlugins(options: PluginOptions): Promise<Plugins> {
  const { folder, clock, log } = options
  const shelf = new PluginShelf(options)
  const listeners = new Set<(names: ReadonlySet<string>) => void>()
  const missing = missingNames(clock)
  let away = false
  let busy: Promise<boolean> = Promise.resolve(false)

  const look = async (grace: number): Promise<boolean> => {
    const found = await findPlugins(folder)
    if (!found && !away && shelf.names().length > 0) {
      log.warn({ folder }, 'the folder of plugins is not there; they stay as they are')
    }
    away = !found
    if (!found) return false
    const { gone, waiting } = missing.among(shelf.names(), found, grace)
    const changed = new Set(gone)
    for (const name of gone) shelf.unload(name)
    for (const [name, { file, stamp }] of found) {
      if (shelf.holds(name, file, stamp)) continue
      if (await shelf.load(name, file, stamp)) changed.add(name)
    }
    if (changed.size > 0) for (const listener of listeners) listener(changed)
    return waiting
  }
  const rescan = (grace = 0): Promise<boolean> => {
    const next = (): Promise<boolean> => look(grace)
    busy = busy.then(next, next)
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

/** The folder may come later than the gateway, and some file systems tell of nothing: it is looked at now and then as well. */
function watchPlugins(folder: string, { clock, log }: PluginOptions, rescan: Plugins['rescan']): () => void {
  let ended = false
  const look = async (): Promise<void> => {
    try {
      if (await rescan(GRACE)) clock.after(GRACE, () => ended || settler.add('all'))
    } catch (error) {
      log.error({ folder, error: String(error) }, 'the folder of plugins cannot be read; they stay as they are')
    }
  }
  const settler = settle(clock, TIMES, () => void look())
  const watcher = watchFolders(() => settler.add('all'), log)
  let cancel = (): void => {}
  const poll = async (): Promise<void> => {
    if (watcher.follow(new Map([[folder, await identityOf(folder)]]))) settler.add('all')
    else await look()
    if (!ended) cancel = clock.after(POLL, () => void poll())
  }
  void poll()
  return () => {
    ended = true
    cancel()
    settler.cancel()
    watcher.close()
  }
}

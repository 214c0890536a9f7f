import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../core/log.ts'

export interface FolderWatch {
  /**
   * Watches exactly these folders from now on, given with their identities: one that was replaced is watched anew.
   * Returns whether some were not watched before, so that something may have happened in them unseen.
   */
  follow(folders: ReadonlyMap<string, string>): boolean
  close(): void
}

/**
 * Tells of names that were written, made, moved or removed directly in some folders: `report(folder, path)`, with the path
 * missing when the system does not say which name it was. May tell too often, and of things that did not change.
 * Folder by folder, because a recursive watch misses what is made in new folders on some systems.
 */
export function watchFolders(report: (folder: string, path: string | undefined) => void, log: Log): FolderWatch {
  const unwatchable = new Set<string>()
  const watchers = new Map<string, { readonly identity: string; readonly watcher: FSWatcher }>()
  const drop = (folder: string): void => {
    watchers.get(folder)?.watcher.close()
    watchers.delete(folder)
  }
  const add = (folder: string, identity: string): void => {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        report(folder, name === null ? undefined : join(folder, name))
      })
      watchers.set(folder, { identity, watcher })
      unwatchable.delete(folder)
      watcher.on('error', (error) => {
        drop(folder)
        log.warn({ folder, err: error }, 'a folder of documents is no longer watched')
        report(folder, undefined)
      })
    } catch (error) {
      if (!unwatchable.has(folder)) log.warn({ folder, err: error }, 'a folder of documents cannot be watched')
      unwatchable.add(folder)
    }
  }
  return {
    follow(folders) {
      for (const [folder, { identity }] of [...watchers]) if (folders.get(folder) !== identity) drop(folder)
      const fresh = [...folders].filter(([folder, identity]) => identity !== '' && !watchers.has(folder))
      for (const [folder, identity] of fresh) add(folder, identity)
      return fresh.some(([folder]) => watchers.has(folder))
    },
    close() {
      for (const folder of [...watchers.keys()]) drop(folder)
    },
  }
}

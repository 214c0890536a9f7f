import { readdir } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { identityOf, stampOf } from '../documents/find-files.ts'

const FILE = /^[a-z][A-Za-z0-9]{0,63}\.(?:ts|mts|js|mjs)$/

/** A file that may be a plugin; its stamp differs when it was written or replaced. */
export interface FoundPlugin {
  readonly file: string
  readonly stamp: string
}

/**
 * What stands in a folder of plugins, by name; of two files for one name, the last counts. Undefined when the folder is not
 * there; rejects when it is there and cannot be listed.
 */
export async function findPlugins(folder: string): Promise<ReadonlyMap<string, FoundPlugin> | undefined> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (!names) return undefined
  const found = new Map<string, FoundPlugin>()
  for (const name of names.filter((one) => FILE.test(one)).sort()) {
    const file = join(folder, name)
    const stamp = await stampOf(file)
    if (stamp !== undefined) found.set(basename(name, extname(name)), { file, stamp })
  }
  // What was listed may have been moved away, folder and all, before it was looked at.
  return (await identityOf(folder)) === '' ? undefined : found
}

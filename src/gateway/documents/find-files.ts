import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join, relative, resolve, sep } from 'node:path'

/** What stands in a folder of documents. */
export interface Found {
  /** Files that may be documents. */
  readonly files: readonly string[]
  /** The folder itself and all below it, each with its identity: another folder may come to bear the same name. */
  readonly folders: ReadonlyMap<string, string>
}

const DOCUMENT_NAME = /^[^.].*\.(?:json|ya?ml)$/i

/** Whether a file of that name may be a document or a part of one. */
export function isDocumentName(name: string): boolean {
  return DOCUMENT_NAME.test(name)
}

/** Whether a file lies where `findFiles` looks, and may be a document by its name. */
export function isCandidate(root: string, file: string): boolean {
  const steps = relative(resolve(root), resolve(file)).split(sep)
  return isDocumentName(basename(file)) && steps.slice(0, -1).every(isFolderName)
}

/**
 * Finds documents in a folder and all below it, in the order of their names. What begins with a dot and `node_modules` are
 * left out. Links to files are followed (mounted configuration consists of them), links to folders are not, so there are
 * no circles. Rejects when the folder itself cannot be listed; of what lies below, what cannot be listed is left out.
 */
export async function findFiles(root: string): Promise<Found> {
  const files: string[] = []
  const folders = new Map<string, string>()
  const pending = [root]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const entries = folder === root ? await list(folder) : await list(folder).catch(() => [])
    folders.set(folder, await identityOf(folder))
    for (const entry of entries.toReversed()) {
      if (entry.isDirectory() && isFolderName(entry.name)) pending.push(join(folder, entry.name))
    }
    for (const entry of entries) {
      if (entry.isDirectory() || !isDocumentName(entry.name)) continue
      files.push(join(folder, entry.name))
    }
  }
  return { files, folders }
}

const isFolderName = (name: string): boolean => !name.startsWith('.') && name !== 'node_modules'

async function list(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Of a folder; `''` when it is not there. */
export async function identityOf(folder: string): Promise<string> {
  const status = await stat(folder).catch(() => undefined)
  return status === undefined ? '' : `${status.dev}:${status.ino}`
}

/**
 * What differs when a file was written or replaced; undefined when it is not there, or is no file. Trouble of any other kind
 * is a stamp too: a disk that does not answer has not lost the file.
 */
export async function stampOf(file: string): Promise<string | undefined> {
  try {
    const status = await stat(file, { bigint: true })
    return status.isFile()
      ? `${status.dev}:${status.ino}:${status.size}:${status.mtimeNs}:${status.ctimeNs}`
      : undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : `trouble:${code}`
  }
}

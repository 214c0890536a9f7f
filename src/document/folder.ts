import { readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { DOCUMENT_LIMITS } from './limits.ts'

/** What a folder answers when it is asked for a file. */
export type FolderAnswer =
  | { readonly kind: 'file'; readonly text: string; readonly path: string }
  | { readonly kind: 'outside' }
  | { readonly kind: 'unreadable'; readonly reason: string; readonly path: string }

/** The files that a document may refer to: those below its own folder, whatever links and dots say. */
export interface Folder {
  /** `path` is relative to the folder, with forward slashes. Never throws. */
  read(path: string): FolderAnswer
}

/** The real folder on disk, there or not. Links may stand in it as long as what they lead to is in it, too. */
export function openFolder(folder: string): Folder {
  const root = realFolder(folder)
  return {
    read(path) {
      const wanted = resolve(root, path)
      if (!isInside(root, wanted)) return { kind: 'outside' }
      try {
        const real = realpathSync(wanted)
        if (!isInside(root, real)) return { kind: 'outside' }
        return readInside(real)
      } catch (error) {
        return { kind: 'unreadable', reason: reasonOf(error), path: wanted }
      }
    },
  }
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return resolve(folder)
  }
}

/** For documents that come without a folder, such as those posted to the admin API. */
export const noFolder: Folder = { read: () => ({ kind: 'outside' }) }

function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

function readInside(path: string): FolderAnswer {
  const stat = statSync(path)
  if (!stat.isFile()) return { kind: 'unreadable', reason: 'it is not a file', path } // a pipe would never end
  if (stat.size > DOCUMENT_LIMITS.jsonLength) return { kind: 'unreadable', reason: 'it is too large', path }
  return { kind: 'file', text: decodeUtf8(readFileSync(path)), path }
}

/** Throws a TypeError for what is not UTF-8. A byte order mark is removed. */
export function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
}

function reasonOf(error: unknown): string {
  if (error instanceof TypeError) return 'it is not UTF-8'
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${String(code)})`
}

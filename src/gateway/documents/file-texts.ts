import { mkdir, open, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { withFileLock } from './file-lock.ts'
import { readText } from './read-text.ts'
import { type DocumentTexts, TextsReadOnly } from './texts.ts'

/** Documents in files. A link is followed: what it leads to is changed. */
export function fileTexts(clock: Clock): DocumentTexts {
  return {
    read: textOf,
    async exchange(file, before, after) {
      try {
        const target = await realpath(file).catch(() => file)
        await mkdir(dirname(target), { recursive: true })
        return await withFileLock(target, clock, async () => {
          if ((await textOf(target)) !== before) return false
          if (after === undefined) await removeFile(target)
          else if (after !== before) await replaceFile(target, after)
          return true
        })
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code !== 'EACCES' && code !== 'EROFS' && code !== 'EPERM') throw error
        throw new TextsReadOnly(`${dirname(file)} cannot be written`, { cause: error })
      }
    },
  }
}

/** Throws for a file that is there and is no text: nobody may take it for missing and write over it. */
async function textOf(file: string): Promise<string | undefined> {
  const read = await readText(file)
  if (read.ok) return read.value
  if (read.error.kind === 'missing') return undefined
  throw new Error(`${file}: ${read.error.diagnostic.message}`)
}

/** Readers see the old file or the new one, never a part; what was written is on the disk before the name changes. */
async function replaceFile(file: string, text: string): Promise<void> {
  const mode = (await stat(file).catch(() => undefined))?.mode
  const fresh = join(dirname(file), `.${basename(file)}.new`)
  const handle = await open(fresh, 'w', mode === undefined ? 0o644 : mode & 0o777)
  try {
    await handle.writeFile(text)
    if (mode !== undefined) await handle.chmod(mode & 0o777)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(fresh, file)
  await syncFolder(dirname(file))
}

async function removeFile(file: string): Promise<void> {
  await unlink(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  await syncFolder(dirname(file))
}

/** A name is only safe when its folder is; some systems cannot do that, and need not. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

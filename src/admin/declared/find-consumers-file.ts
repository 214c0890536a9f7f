import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { CompileContext } from '../../api/compile-context.ts'
import { CONSUMERS_FILES } from '../../gateway/documents/consumers-file-name.ts'
import { readText } from '../../gateway/documents/read-text.ts'
import { type ReadConsumers, readConsumers } from './read-consumers.ts'

/** The file of consumers of a folder; undefined when there is none. */
export async function findConsumersFile(folder: string): Promise<string | undefined> {
  for (const name of CONSUMERS_FILES) {
    const file = join(folder, name)
    if (await stat(file).catch(() => undefined)) return file
  }
  return undefined
}

/** What it says; undefined when there is none. Never throws. */
export async function consumersOf(folder: string, context: CompileContext): Promise<ReadConsumers | undefined> {
  const file = await findConsumersFile(folder)
  const text = file === undefined ? undefined : await readText(file)
  if (file === undefined || text === undefined) return undefined
  if (text.ok) return readConsumers(file, text.value, context)
  if (text.error.kind === 'missing') return undefined
  const { diagnostic, passing } = text.error
  return { diagnostics: [diagnostic], ...(passing ? { passing } : {}) }
}

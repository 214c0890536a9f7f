import type { CompileContext } from '../../api/compile-context.ts'
import type { Diagnostic } from '../../core/diagnostic.ts'
import { sha256 } from '../../core/digest.ts'
import { equalJson } from '../../core/equal-json.ts'
import type { Log } from '../../core/log.ts'
import { stampOf } from '../../gateway/documents/find-files.ts'
import { applyConsumers } from './apply-consumers.ts'
import type { ApplyDeps } from './apply-deps.ts'
import { consumersOf, findConsumersFile } from './find-consumers-file.ts'
import type { ReadConsumers } from './read-consumers.ts'

export interface DeclaredDeps extends ApplyDeps {
  readonly folder: string
  readonly context: CompileContext
}

/** How often the file is looked at (milliseconds). */
const INTERVAL = 1000

/**
 * Keeps the store as the file of consumers says: now, and whenever the file, a file that it refers to or the set of APIs
 * changes. A file with an error changes nothing, nor does one that is no longer there: that is said in the log. Resolves
 * when the file has been applied once; returns what ends it.
 */
export async function keepDeclaredConsumers(deps: DeclaredDeps): Promise<() => void> {
  const { clock, log } = deps.services
  let seen: Seen | undefined
  let ended = false
  let cancel = (): void => undefined
  const look = async (): Promise<void> => {
    try {
      if (seen?.state !== (await stateOf(deps, seen?.files ?? []))) seen = await apply(deps, seen)
    } catch (error) {
      log.error({ err: error }, 'the file of consumers could not be applied') // and is tried again
    }
    if (!ended) cancel = clock.after(INTERVAL, look)
  }
  await look()
  return () => {
    ended = true
    cancel()
  }
}

/** What was applied. */
interface Seen {
  /** Of everything that the outcome depends on. */
  readonly state: string
  /** What the file refers to. */
  readonly files: readonly string[]
  readonly there: boolean
  /** It could not be read, and that was said. */
  readonly unread?: true
}

/** Differs when the file, or one that it refers to, was written or removed, and when other APIs are there. */
async function stateOf({ folder, library }: DeclaredDeps, files: readonly string[]): Promise<string> {
  const file = await findConsumersFile(folder)
  const stamps = await Promise.all([...(file === undefined ? [] : [file]), ...files].map(stampOf))
  const apis = library.list().map(({ id, api }) => [id, api?.revision ?? ''])
  return sha256(JSON.stringify([file ?? '', stamps.map((stamp) => stamp ?? ''), apis]))
}

async function apply(deps: DeclaredDeps, before: Seen | undefined): Promise<Seen> {
  const { log } = deps.services
  const { read, state, files } = await stampedRead(deps, before?.files ?? [])
  if (!read) {
    if (before?.there)
      log.warn({ folder: deps.folder }, 'the file of consumers is gone; what it declared stays as it was')
    return { state, files, there: false }
  }
  if (read.passing) {
    if (!before?.unread) tell(read.diagnostics, 0, log)
    return { state: '', files: before?.files ?? [], there: true, unread: true } // and is read again at the next look
  }
  const { diagnostics, changes } = await applyConsumers(read, deps)
  tell([...read.diagnostics, ...diagnostics], changes, log)
  return { state, files, there: true }
}

/** What the file says, and the state from before it was read. */
interface StampedRead extends Pick<Seen, 'state' | 'files'> {
  /** Undefined when there is no file. */
  readonly read: ReadConsumers | undefined
}

/**
 * Reads the file. Which files it refers to is known after that only, so it is read again until they were all stamped before:
 * a state that is newer than what was read would hide what was written in between. `known`: what it referred to last.
 */
async function stampedRead(deps: DeclaredDeps, known: readonly string[]): Promise<StampedRead> {
  const { folder, context } = deps
  let files = known
  for (;;) {
    const state = await stateOf(deps, files)
    const asked: string[] = []
    const readFile = (path: string): string | undefined => {
      asked.push(path)
      return context.readFile(path)
    }
    const read = await consumersOf(folder, { ...context, readFile })
    if (equalJson(asked, files)) return { read, state, files }
    files = asked
  }
}

function tell(diagnostics: readonly Diagnostic[], changes: number, log: Log): void {
  const found = diagnostics.filter(({ severity }) => severity === 'error' || severity === 'warning')
  const lines = found.map(({ code, file, line, column, message }) => ({ code, file, line, column, message }))
  const fields = { changes, ...(lines.length > 0 ? { diagnostics: lines } : {}) }
  if (found.some(({ severity }) => severity === 'error')) log.error(fields, 'the file of consumers has errors')
  else if (changes > 0 || lines.length > 0) log.info(fields, 'the file of consumers was applied')
}

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Diagnostic } from '../../src/core/diagnostic.ts'
import { sha256 } from '../../src/core/digest.ts'
import { silentLog } from '../../src/core/log.ts'
import type { CompiledDocument } from '../../src/gateway/documents/document.ts'
import { type Library, type LibraryChange, openLibrary } from '../../src/gateway/library.ts'
import { plainApi } from './api.ts'
import { handClock } from './clock.ts'

/** A document language as small as can be: JSON with `openapi`, `id`, `path`, `hosts`, `active` and `$ref`. */
export async function compile(file: string, text: string): Promise<CompiledDocument> {
  const broken = (message: string, dependsOn: string[] = []): CompiledDocument => {
    const diagnostic: Diagnostic = { code: 'GW1102', severity: 'error', message, file, line: 1, column: 1, pointer: '' }
    return { diagnostics: [diagnostic], dependsOn }
  }
  let part = ''
  let dependsOn: string[] = []
  try {
    const { openapi, id, path, hosts = [], active = true, $ref } = JSON.parse(text)
    if (!openapi) return broken('no openapi')
    if (text.includes('"bug"')) throw new TypeError('a defect')
    if ($ref) {
      dependsOn = [join(dirname(file), $ref)]
      part = await readFile(dependsOn[0] ?? '', 'utf8')
    }
    const api = plainApi({ id, file, listenPath: path ?? `/${id}`, hosts, active, revision: sha256(text + part) })
    return { api, diagnostics: [], dependsOn, locate: () => ({ line: 7, column: 3 }) }
  } catch (error) {
    if (error instanceof TypeError) throw error
    return broken(String(error), dependsOn)
  }
}

/** A library on a folder of its own. */
export interface Desk {
  readonly folder: string
  readonly library: Library
  readonly changes: LibraryChange[]
  readonly compiled: string[]
  write(name: string, content: unknown): Promise<string>
}

export async function desk(t: ExecutionContext, files: Record<string, unknown>): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'library-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const write = async (name: string, content: unknown): Promise<string> => {
    const file = join(folder, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
    return file
  }
  for (const [name, content] of Object.entries(files)) await write(name, content)
  const compiled: string[] = []
  const library = await openLibrary({
    folder,
    clock: handClock(),
    log: silentLog,
    compile: (file, text) => {
      compiled.push(file.slice(folder.length + 1))
      return compile(file, text)
    },
  })
  const changes: LibraryChange[] = []
  library.onChange((change) => changes.push(change))
  compiled.length = 0
  return { folder, library, changes, compiled, write }
}

export const doc = (id: string, more: object = {}) => ({ openapi: '3.1.0', id, ...more })

/** `FILE STATUS` of every document. */
export const states = ({ folder, library }: Desk) =>
  library.documents().map((one) => `${one.file.slice(folder.length + 1)} ${one.status}`)

export const apis = ({ library }: Desk) => [...library.current().apis.keys()]

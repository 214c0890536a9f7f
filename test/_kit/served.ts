import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { ApiUnderTest } from './agent.ts'

const PROGRAM = resolve(import.meta.dirname, '../../src/cli/main.ts')
/** Where Node keeps what it has made of sources: the next process starts in half of the time. */
export const NODE_COMPILE_CACHE = resolve(import.meta.dirname, '../../node_modules/.cache/compiled')

/** A folder for one test, with documents in it and room for a store; removed afterwards. */
export function folderFor(t: ExecutionContext, documents: Readonly<Record<string, object | string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-served-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, document] of Object.entries(documents)) {
    writeFileSync(join(folder, name), typeof document === 'string' ? document : JSON.stringify(document, null, 2))
  }
  return folder
}

/** `gatehouse serve` in a process of its own. */
export interface Served {
  readonly pid: number
  readonly url: string
  readonly adminUrl: string
  readonly adminSecret: string
  /** What it has said to people so far. */
  said(): string
  api(apiId: string, listenPath: string): ApiUnderTest
  /** Closes the reading ends of its standard output and standard error. */
  stopReading(): void
  /** Sends the signal; resolves to the exit code, or the name of the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string>
}

/**
 * Starts `gatehouse serve FOLDER` on free ports with a store in the folder, tells its process id, and waits until it is ready.
 * `stdout`: where its log goes, a file descriptor or a pipe that nobody reads.
 */
export async function serveProcess(
  t: ExecutionContext,
  folder: string,
  flags: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
  started: (pid: number) => void = () => {},
  stdout: 'ignore' | 'pipe' | number = 'ignore',
): Promise<Served> {
  const { GATEHOUSE_ADMIN_SECRET: _, ...inherited } = process.env
  const where = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--store', `sqlite:${join(folder, 'store.db')}`]
  const child = spawn(process.execPath, [PROGRAM, 'serve', folder, ...where, ...flags], {
    env: { NODE_COMPILE_CACHE, ...inherited, ...environment },
    stdio: ['ignore', stdout, 'pipe'],
  })
  started(child.pid ?? 0)
  const { stderr } = child
  if (!stderr) throw new Error('standard error is no pipe')
  let said = ''
  const ended = new Promise<number | string>((done) => child.once('exit', (code, signal) => done(code ?? signal ?? '')))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await new Promise<void>((ready, fail) => {
    stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (/^ {2}store .*\n/m.test(said)) ready()
    })
    ended.then((code) => fail(new Error(`serve ended with ${code} before it was ready:\n${said}`)))
  })
  const [url, adminUrl] = [found(said, /for clients +(\S+)/), found(said, /admin API +(\S+)/)]
  const adminSecret = environment['GATEHOUSE_ADMIN_SECRET'] ?? found(said, /admin secret +(\S+)/)
  return {
    pid: child.pid ?? 0,
    url,
    adminUrl,
    adminSecret,
    said: () => said,
    api: (apiId, listenPath) => ({ url: url + listenPath, adminUrl, adminSecret, apiId }),
    stopReading() {
      child.stdout?.destroy()
      stderr.destroy()
    },
    end(signal) {
      child.kill(signal)
      return ended
    },
  }
}

function found(text: string, pattern: RegExp): string {
  const value = pattern.exec(text)?.[1]
  if (value === undefined) throw new Error(`nothing matches ${pattern} in:\n${text}`)
  return value
}

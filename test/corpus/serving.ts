import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const PROGRAM = resolve(import.meta.dirname, '../../src/cli/main.ts')
const SECRET = 'corpus'

/** One API as the admin API tells of it. */
export interface Told {
  readonly id: string
  readonly state: 'live' | 'stale' | 'down'
  readonly file: string
  readonly revision?: string
  readonly diagnostics?: readonly { readonly severity: string; readonly code: string; readonly message: string }[]
}

/** A gateway in a process of its own, which serves a folder. */
export interface Serving {
  readonly url: string
  /** Milliseconds from the start of the process until it was ready. */
  readonly startup: number
  /** Resident memory now, and at its highest, in MiB. */
  memory(): { readonly now: number; readonly peak: number }
  apis(): Promise<readonly Told[]>
  status(id: string): Promise<Told>
  end(): Promise<void>
}

export async function serveFolder(folder: string): Promise<Serving> {
  const started = performance.now()
  const where = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--store', 'memory:', '--log-level', 'silent']
  const child = spawn(process.execPath, [PROGRAM, 'serve', folder, ...where], {
    env: { ...process.env, GATEHOUSE_ADMIN_SECRET: SECRET },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said = await saidAtStart(child)
  const startup = performance.now() - started
  const admin = /admin API +(\S+)/.exec(said)?.[1] ?? ''
  const ask = async <T>(path: string): Promise<T> =>
    (await (await fetch(admin + path, { headers: { authorization: SECRET } })).json()) as T
  return {
    url: /for clients +(\S+)/.exec(said)?.[1] ?? '',
    startup,
    memory: () => memoryOf(child.pid ?? 0),
    status: (id) => ask(`/api/apis/${encodeURIComponent(id)}/status`),
    async apis() {
      const all: Told[] = []
      for (let after: string | undefined = ''; after !== undefined; ) {
        const page: { data: Told[]; next?: string } = await ask(
          `/api/apis?limit=1000&after=${encodeURIComponent(after)}`,
        )
        all.push(...page.data)
        after = page.next
      }
      return all
    },
    async end() {
      const ended = new Promise((done) => child.once('exit', done))
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** What it says to people until everything that needs no document has been said. */
function saidAtStart(child: ChildProcess): Promise<string> {
  return new Promise((ready, fail) => {
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      if (said.length < 100_000) said += chunk.toString()
      if (/^ {2}store .*\n/m.test(said)) ready(said)
    })
    child.once('exit', (code) => fail(new Error(`the gateway ended with ${code}:\n${said}`)))
  })
}

function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mebibytes = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024)
  return { now: mebibytes('VmRSS'), peak: mebibytes('VmHWM') }
}

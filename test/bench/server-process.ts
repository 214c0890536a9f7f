import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** A server in a process of its own. */
export interface ServerProcess {
  readonly name: string
  readonly url: string
  /** What the process said about itself when it was ready. */
  readonly facts: Readonly<Record<string, string>>
  /** Microseconds of CPU that it and its children have used so far. */
  cpu(): number
  /** Resident memory in MiB. */
  memory(): number
  stop(): Promise<void>
}

/** Starts a Node program that prints one line of JSON with its `url` when it is ready. */
export async function startNode(name: string, program: string, args: readonly string[] = []): Promise<ServerProcess> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const facts = await new Promise<Record<string, string>>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code} before it was ready`)))
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => {
      if (line.startsWith('{"url"')) resolve(JSON.parse(line) as Record<string, string>)
      else if (line.includes('"level":"error"')) console.error(`${name}: ${line}`)
    })
  })
  return processOf(name, facts['url'] ?? '', child, facts)
}

/** Starts nginx in the foreground with a configuration file; it is ready when `url` answers. */
export async function startNginx(name: string, configuration: string, url: string): Promise<ServerProcess> {
  const folder = configuration.slice(0, configuration.lastIndexOf('/'))
  const options = { stdio: ['ignore', 'ignore', 'inherit'] as const, env: { PATH: `${process.env['PATH']}:/usr/sbin` } }
  const child = spawn('nginx', ['-p', folder, '-c', configuration, '-e', `${folder}/error.log`], {
    ...options,
    stdio: [...options.stdio],
  })
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}; see ${folder}/error.log`)))
  })
  failed.catch(() => {}) // an exit after it was ready is no failure
  await Promise.race([failed, answers(url)])
  return processOf(name, url, child, {})
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const response = await fetch(url).catch(() => undefined)
    if (response) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nothing answers at ${url}`)
}

function processOf(name: string, url: string, child: ChildProcess, facts: Record<string, string>): ServerProcess {
  const pid = child.pid ?? 0
  return {
    name,
    url,
    facts,
    cpu: () => family(pid).reduce((sum, member) => sum + member.cpu, 0),
    memory: () => family(pid).reduce((sum, member) => sum + member.memory, 0),
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
        setTimeout(() => child.kill('SIGKILL'), 5000).unref()
      }),
  }
}

const TICK = 10_000 // microseconds: Linux counts CPU time in hundredths of a second
const PAGE = 4096 / 1024 ** 2

interface Usage {
  readonly pid: number
  readonly parent: number
  readonly cpu: number
  readonly memory: number
}

/** proc(5): usage of a process and of its direct children, such as the workers of nginx. */
function family(pid: number): readonly Usage[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => usageOf(Number(name)) ?? [])
  return all.filter((usage) => usage.pid === pid || usage.parent === pid)
}

function usageOf(pid: number): Usage | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in parentheses and may contain spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const number = (index: number): number => Number(fields[index - 3])
    return { pid, parent: number(4), cpu: (number(14) + number(15)) * TICK, memory: number(24) * PAGE }
  } catch {
    return undefined // it ended while we looked
  }
}

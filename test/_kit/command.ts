import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { commands } from '../../src/cli/commands/index.ts'
import { runCli } from '../../src/cli/run-cli.ts'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly cwd?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly stdin?: string
}

/** Runs a command as `gatehouse ARGV…` would, without a process of its own. */
export async function command(argv: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  let [stdout, stderr] = ['', '']
  const code = await runCli(argv, commands, {
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
    },
    colors: false,
    cwd: options.cwd ?? process.cwd(),
    environment: (name) => options.environment?.[name],
    stdin: async () => options.stdin ?? '',
    stopped: () => new Promise<void>(() => undefined),
  })
  return { code, stdout, stderr }
}

/** A folder of files for one test. */
export function filesFor(t: ExecutionContext, files: Readonly<Record<string, string | object>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-files-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  }
  return folder
}

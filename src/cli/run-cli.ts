import { CommanderError, Command as Line } from 'commander'
import { SettingsError } from '../config/load.ts'
import { type Command, type Io, UsageError } from './command.ts'
import { productVersion } from './product-version.ts'

/** Runs the command that `argv` asks for (without node and script). Resolves to the exit code; never rejects. */
export async function runCli(argv: readonly string[], commands: readonly Command[], io: Io): Promise<number> {
  let code = 0
  const program = programOf(io)
  for (const command of commands) {
    const line = program.command(command.name).description(command.summary)
    command.declare(line)
    line.action(async () => {
      code = await command.run({ operands: line.args, options: line.opts() }, io)
    })
  }
  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    return exitCodeOf(error, io)
  }
}

function programOf(io: Io): Line {
  return new Line('gatehouse')
    .description('An OpenAPI-driven API gateway that is its own OAuth 2.0 authorization server.')
    .version(productVersion(), '-V, --version')
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr, getOutHasColors: () => io.colors })
    .showHelpAfterError('(--help says more)')
    .helpCommand('help [command]', 'what a command does and takes')
}

/** What commander has to say, it has said already. */
function exitCodeOf(error: unknown, io: Io): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof UsageError || error instanceof SettingsError) {
    io.stderr(`error: ${error.message}\n`)
    return 2
  }
  io.stderr(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 1
}

import type { Command as Line } from 'commander'

/** What a command may touch of the process around it. */
export interface Io {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Whether standard output shows colours. */
  readonly colors: boolean
  /** Paths are shown relative to this folder. */
  readonly cwd: string
  readonly environment: (name: string) => string | undefined
  /** Resolves when the process is asked to end (SIGTERM, SIGINT). Asked a second time, it ends at once. */
  readonly stopped: () => Promise<void>
  /** All of standard input. */
  readonly stdin?: () => Promise<string>
  /** Calls `listener` whenever the process is told to begin anew (SIGHUP). */
  readonly hangups?: (listener: () => void) => void
  /** From now on the process goes on when its output cannot be written: the reader has gone, or the disk is full. */
  readonly outliveOutput?: () => void
  /** Asks whether the process shall go on after an error, or a rejection, that nobody caught. */
  readonly uncaught?: (spares: (error: unknown) => boolean) => void
}

/** What stood on the command line after the command. */
export interface Args {
  readonly operands: readonly string[]
  /** By the long name of the option in camel case. */
  readonly options: Readonly<Record<string, unknown>>
}

/** One command: a module of its own, and a line in the table of commands. */
export interface Command {
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** Declares operands and options. */
  declare(line: Line): void
  /** Resolves to the exit code: 0 fine, 1 what was asked for failed, 2 it was asked for wrongly. */
  run(args: Args, io: Io): Promise<number>
}

/** Raised by a command that cannot be run as it was asked for: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

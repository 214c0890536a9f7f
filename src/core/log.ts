/** Fields of a log line. Never tokens, codes, secrets or query strings. */
export type LogFields = Readonly<Record<string, unknown>>

/** Structured log lines; `pino` satisfies it. */
export interface Log {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}

/** Says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }

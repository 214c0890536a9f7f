import { pino } from 'pino'
import type { Log } from '../core/log.ts'
import { logOutput } from './log-output.ts'
import type { LogLevel } from './settings.ts'

const STDOUT = 1

/**
 * Log lines as JSON on standard output. Members that could carry a credential are masked wherever they stand,
 * although no caller is meant to hand any in. `base`: what every line says. Lines that cannot be written end nothing:
 * standard error says so.
 */
export function processLog(level: LogLevel, base: Readonly<Record<string, unknown>> | null = null): Log {
  const output = logOutput(STDOUT, (text) => void process.stderr.write(text))
  return pino(
    {
      level,
      base: base && { ...base },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: ['authorization', 'cookie', 'token', 'password', 'secret', 'client_secret'].flatMap((name) => [
          name,
          `*.${name}`,
        ]),
        censor: '[secret]',
      },
    },
    output,
  )
}

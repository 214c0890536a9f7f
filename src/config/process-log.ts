import { pino } from 'pino'
import type { Log } from '../core/log.ts'
import type { LogLevel } from './settings.ts'

/**
 * Log lines as JSON on standard output. Members that could carry a credential are masked wherever they stand,
 * although no caller is meant to hand any in.
 */
export function processLog(level: LogLevel): Log {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: ['authorization', 'cookie', 'token', 'password', 'secret', 'client_secret'].flatMap((name) => [
        name,
        `*.${name}`,
      ]),
      censor: '[secret]',
    },
  })
}

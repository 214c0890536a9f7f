import { pino } from 'pino'
import type { Log } from '../core/log.ts'
import type { LogLevel } from './settings.ts'

/**
 * Log lines as JSON on standard output. Members that could carry a credential are masked wherever they stand,
 * although no caller is meant to hand any in. `base`: what every line says.
 */
export function processLog(level: LogLevel, base: Readonly<Record<string, unknown>> | null = null): Log {
  return pino({
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
  })
}

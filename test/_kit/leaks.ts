import { inspect } from 'node:util'
import type { Log, LogFields } from '../../src/core/log.ts'

/** What every credential of the gateway looks like, JWTs included: the reason why they have prefixes. */
const CREDENTIAL =
  /\b(?:gat_|grt_|gac_|glc_|gcs_|gak_|whsec_|whsk_)[A-Za-z0-9_+/-]{20,}|\beyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/g

/** The credentials that stand in a text, each by its beginning. */
export function leaksIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(CREDENTIAL)].map(([found]) => `${found.slice(0, 10)}…`))]
}

/** A log line as text with everything in it: errors with their stacks and causes, whatever a logger would print. */
export const textOfLine = (line: unknown): string =>
  inspect(line, { depth: 10, maxStringLength: null, breakLength: 999 })

/** Throws when a credential stands in one of the lines. */
export function proveClean(lines: readonly unknown[]): void {
  for (const line of lines) {
    const text = textOfLine(line)
    const leaks = leaksIn(text)
    if (leaks.length > 0) throw new Error(`the log holds a credential (${leaks.join(', ')}): ${text.slice(0, 500)}`)
  }
}

/** A log that passes everything on and keeps it for `proveClean`. */
export function watchedLog(log: Log): { readonly log: Log; readonly lines: readonly unknown[] } {
  const lines: unknown[] = []
  const at =
    (level: keyof Log) =>
    (fields: LogFields, message: string): void => {
      lines.push({ level, message, fields })
      log[level](fields, message)
    }
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}

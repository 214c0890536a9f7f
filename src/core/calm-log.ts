import type { Clock } from './clock.ts'
import type { Log, LogFields } from './log.ts'

/** Milliseconds over which lines are counted, and how many of one kind are written in that time. */
const WINDOW = 1000
const LIMIT = 20

/**
 * The same log, in which an outage does not write thousands of warnings a second: of one kind (message and code) the first
 * ones of each second are written, and then how many were left out. Other levels are written as they come.
 */
export function calmLog(log: Log, clock: Clock): Log {
  let counts = new Map<string, number>()
  const sumUp = (): void => {
    for (const [kind, count] of counts) {
      if (count > LIMIT) log.warn({ kind, left_out: count - LIMIT }, 'more warnings of one kind were left out')
    }
    counts = new Map()
  }
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    error: (fields, message) => log.error(fields, message),
    warn(fields, message) {
      if (counts.size === 0) clock.after(WINDOW, sumUp)
      const kind = kindOf(fields, message)
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      if (count <= LIMIT) log.warn(fields, message)
    },
  }
}

/** Codes are ours and few: what others can make up does not count. */
function kindOf({ code }: LogFields, message: string): string {
  return typeof code === 'string' ? `${message}: ${code}` : message
}

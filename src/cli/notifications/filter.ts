import { parseDuration } from '../../core/duration.ts'
import type { Args } from '../command.ts'
import { UsageError } from '../command.ts'

/** The filter of the admin API that the options ask for; `now` is in milliseconds. Throws `UsageError`. */
export function filterOf({ options }: Args, now: number): Record<string, string> {
  const given = {
    endpoint: options['endpoint'],
    api_id: options['api'],
    state: options['state'],
    type: options['type'],
    client_id: options['client'],
    since: instantOf(options['since'], '--since', now),
    until: instantOf(options['until'], '--until', now),
  }
  return Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/** An instant, or how long ago one was. */
function instantOf(value: unknown, option: string, now: number): string | undefined {
  if (typeof value !== 'string') return undefined
  const ago = parseDuration(value)
  const at = ago === undefined ? Date.parse(value) : now - ago
  if (Number.isNaN(at)) throw new UsageError(`${option}: an instant (2026-01-31T10:00:00Z), or how long ago ("2h")`)
  return new Date(at).toISOString()
}

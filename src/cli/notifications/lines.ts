import type { Row } from '../rows.ts'

/** A cell: what stands there, or nothing. */
export const cell = (row: Row, name: string): string => {
  const value = row[name]
  return value === undefined || value === null ? '' : String(value)
}

/** A notification in one line: when, in what state, what, where, how often tried, how it went last. */
export function notificationLine(row: Row): string {
  const last = row['last_attempt']
  const attempt = typeof last === 'object' && last !== null ? (last as Row) : {}
  const went = cell(attempt, 'status') || cell(attempt, 'error') || '-'
  const took = attempt['duration_ms'] === undefined ? '' : ` ${cell(attempt, 'duration_ms')} ms`
  const reason = cell(row, 'reason') === '' ? '' : ` (${cell(row, 'reason')})`
  return [
    cell(row, 'changed_at') || cell(row, 'created_at'),
    `${cell(row, 'state')}${reason}`.padEnd(9),
    cell(row, 'type').padEnd(21),
    cell(row, 'endpoint'),
    `×${cell(row, 'attempt_count')}`,
    `${went}${took}`,
    cell(row, 'id'),
  ].join('  ')
}

/** A receiver in one line. */
export function endpointLine(row: Row): string {
  const disabled = row['disabled'] as Row | undefined
  const state = disabled ? `disabled (${cell(disabled, 'reason')})` : cell(row, 'state')
  const day = (row['last_day'] ?? {}) as Row
  const oldest = cell(row, 'oldest_undelivered_at')
  return [
    cell(row, 'id'),
    state.padEnd(8),
    `${cell(row, 'undelivered')} undelivered${oldest === '' ? '' : `, the oldest from ${oldest}`}`,
    `24 h: ${cell(day, 'delivered')} delivered, ${cell(day, 'failed_attempts')} failed attempts, ${cell(day, 'dead')} dead`,
    cell(row, 'url'),
  ].join('  ')
}

/** Everything there is to say about one notification. */
export function notificationText(row: Row): string {
  const attempts = Array.isArray(row['attempts']) ? (row['attempts'] as Row[]) : []
  const lines = attempts.flatMap((attempt) => [
    `  ${cell(attempt, 'at')}  ${cell(attempt, 'status') || cell(attempt, 'error')}  ${cell(attempt, 'duration_ms')} ms`,
    ...(cell(attempt, 'answer') === '' ? [] : [`    ${cell(attempt, 'answer').replaceAll('\n', '\n    ')}`]),
  ])
  const head = ['id', 'state', 'reason', 'type', 'endpoint', 'client_id', 'created_at', 'due_at', 'replays']
  const members = head.flatMap((name) => (cell(row, name) === '' ? [] : [`${name.padEnd(11)} ${cell(row, name)}`]))
  return [...members, attempts.length === 0 ? 'no attempt yet' : 'attempts', ...lines].join('\n')
}

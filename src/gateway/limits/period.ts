import type { Period } from '../../api/settings/limits.ts'
import type { Instant } from '../../core/clock.ts'

/** From when to when a quota counts together. */
export interface Span {
  readonly start: Instant
  readonly end: Instant
}

const HOUR = 3_600_000
const DAY = 86_400_000
/** 1 January 1970 was a Thursday. */
const MONDAY = 4 * DAY

/** The period that `now` falls into: all clocks and processes agree on it, whenever they began to count. */
export function periodAt(per: Period, now: Instant): Span {
  if (per === 'month') return monthAt(now)
  if (per === 'week') return stepAt(7 * DAY, now, MONDAY)
  return stepAt(per === 'day' ? DAY : per === 'hour' ? HOUR : per, now, 0)
}

function stepAt(length: number, now: Instant, from: Instant): Span {
  const start = from + Math.floor((now - from) / length) * length
  return { start, end: start + length }
}

function monthAt(now: Instant): Span {
  const date = new Date(now)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return { start: Date.UTC(year, month, 1), end: Date.UTC(year, month + 1, 1) }
}

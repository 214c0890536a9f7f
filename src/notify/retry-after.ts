import type { Instant } from '../core/clock.ts'

/** No receiver puts a notification off for longer than this at a time, in milliseconds. */
const LONGEST = 86_400_000

/** RFC 9110 §10.2.3: milliseconds from `now` that a `Retry-After` asks for, at most a day; undefined if it says nothing. */
export function retryAfter(value: string | undefined, now: Instant): number | undefined {
  if (value === undefined) return undefined
  const delay = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isNaN(delay) ? undefined : Math.min(Math.max(0, delay), LONGEST)
}

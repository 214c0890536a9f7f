import { z } from 'zod'
import type { Instant } from '../../core/clock.ts'
import { parseDuration } from '../../core/duration.ts'

const MAX_GRACE = 90 * 86_400_000

/** Body of every rotation. `grace`: how long the old credential goes on working, at most 90 days; by default not at all. */
export const rotationBody = z.strictObject({
  grace: z
    .union([z.string(), z.int().min(0)])
    .default(0)
    .transform((value, context) => {
      const duration = parseDuration(value)
      if (duration !== undefined && duration <= MAX_GRACE) return duration
      context.addIssue({ code: 'custom', message: 'a duration such as "30s", "24h" or "7d", at most 90 days' })
      return z.NEVER
    }),
})

interface Rotatable {
  readonly createdAt: Instant
  readonly expiresAt?: Instant
}

/**
 * The list of live credentials after a rotation, newest first: the new one, and the one before it through the grace. Older
 * ones end, so that never more than two live.
 */
export function rotated<T extends Rotatable>(
  next: T,
  live: readonly T[],
  graceMilliseconds: number,
  now: Instant,
): readonly T[] {
  const [current] = live
  if (!current) return [next]
  const expiresAt = Math.min(current.expiresAt ?? Number.POSITIVE_INFINITY, now + graceMilliseconds)
  return expiresAt <= now ? [next] : [next, { ...current, expiresAt }]
}

import { z } from 'zod'
import { DURATION_PATTERN, parseDuration } from '../../core/duration.ts'
import type { FieldText } from './field.ts'

/** Whom a limit counts. */
export type CountedBy = 'client' | 'user' | 'ip' | 'api'

/** Milliseconds of a fixed length, or a unit of the calendar in UTC. */
export type Period = number | 'hour' | 'day' | 'week' | 'month'

const PERIODS = ['hour', 'day', 'week', 'month'] as const
/** Longer windows are quotas. */
const LONGEST_WINDOW = 86_400_000
const LONGEST_PERIOD = 400 * 86_400_000

/** A duration that is not zero. */
const span = (longest: number, said: string, text: FieldText) =>
  z
    .union([z.string().regex(DURATION_PATTERN, 'a duration such as "1s", "1m" or "1h"'), z.int().min(1)])
    .meta({ ...text })
    .transform((value, context) => {
      const duration = parseDuration(value) ?? 0
      if (duration > 0 && duration <= longest) return duration
      context.addIssue({ code: 'custom', message: `a duration of more than nothing and at most ${said}` })
      return z.NEVER
    })

const rate = z
  .int()
  .min(1)
  .max(1e9)
  .meta({
    title: 'Requests',
    description: 'Requests within any window of that length.',
    examples: [100],
  })

const per = span(LONGEST_WINDOW, 'a day', {
  title: 'Window',
  description: 'Length of the sliding window, at most a day; longer ones are quotas.',
  examples: ['1s', '1m', '1h'],
})

const max = z
  .int()
  .min(1)
  .max(1e12)
  .meta({
    title: 'Requests',
    description: 'Requests from one renewal to the next.',
    examples: [10_000],
  })

const PERIOD_TEXT = {
  title: 'Period',
  description:
    '`hour`, `day`, `week` (from Monday) or `month` of the calendar in UTC, or a duration, counted from 1 January 1970.',
  examples: ['day', 'month', '12h'],
}

const period = z
  .union([z.enum(PERIODS), span(LONGEST_PERIOD, '400 days', PERIOD_TEXT)], {
    error: '"hour", "day", "week", "month" or a duration such as "12h", of at most 400 days',
  })
  .meta(PERIOD_TEXT)

const by = (choices: readonly [CountedBy, ...CountedBy[]]) =>
  z
    .enum(choices)
    .default('client')
    .meta({
      title: 'Counted by',
      description: choices.includes('ip')
        ? 'Whom it counts: each client, each user of a client, each address, or everyone at the API together.'
        : 'Whom it counts: the client with all its users, or each of its users.',
      examples: [...choices],
    })

const DOCUMENT = ['client', 'user', 'ip', 'api'] as const
const POLICY = ['client', 'user'] as const

/** A rate limit in a document. */
export const rateLimitSettings = z
  .strictObject({ rate, per, by: by(DOCUMENT) })
  .meta({ title: 'Rate limit', description: 'Requests within a sliding window.' })

/** A quota in a document. */
export const quotaSettings = z
  .strictObject({ max, per: period, by: by(DOCUMENT) })
  .meta({ title: 'Quota', description: 'Requests from one renewal to the next.' })

/** The same in a policy of clients: it counts the client that has the policy. */
export const policyRateLimit = z.strictObject({ rate, per, by: by(POLICY) })
export const policyQuota = z.strictObject({ max, per: period, by: by(POLICY) })

/** At the OAuth endpoints: whom it counts is said by its place. */
export const endpointRate = z.strictObject({ rate, per })

/** At most so many requests within any window of `per` milliseconds. */
export interface RateLimit {
  readonly rate: number
  readonly per: number
  readonly by: CountedBy
}

/** At most so many requests in a period. */
export interface Quota {
  readonly max: number
  readonly per: Period
  readonly by: CountedBy
}

/** One limit or a list of them, all of which hold. */
export const oneOrMore = <Schema extends z.ZodType>(schema: Schema) =>
  z.union([schema, z.array(schema).min(1).max(4)]).transform((value) => (Array.isArray(value) ? value : [value]))

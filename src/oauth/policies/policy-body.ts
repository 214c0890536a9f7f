import { z } from 'zod'
import {
  oneOrMore,
  type Period,
  policyQuota,
  policyRateLimit,
  type Quota,
  type RateLimit,
} from '../../api/settings/limits.ts'
import { DURATION_PATTERN, formatDuration, parseDuration } from '../../core/duration.ts'
import type { PolicyRecord, PolicyRules, SessionRules } from '../records/policy.ts'

const MAX_METADATA = 8192
const MAX_LIFETIME = 400 * 86_400_000

/** Stands in URLs, marks and counters. */
export const policyId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$/, 'up to 100 letters, digits, ".", "_", "~" or "-"')

const names = z.array(z.string().trim().min(1).max(500)).min(1, 'at least one; leave it out for all').max(500)

const accessRule = z
  .strictObject({ api: z.string().min(1).max(200), operations: names.optional(), tags: names.optional() })
  .transform(({ api, operations, tags }) => ({ api, ...(operations ? { operations } : {}), ...(tags ? { tags } : {}) }))

/** How long what is issued lives; becomes milliseconds. */
export const lifetime = z
  .union([z.string().regex(DURATION_PATTERN, 'a duration such as "30s", "5m", "2h" or "14d"'), z.int().min(1)])
  .transform((value, context) => {
    const duration = parseDuration(value) ?? 0
    if (duration >= 1000 && duration <= MAX_LIFETIME) return duration
    context.addIssue({ code: 'custom', message: 'a duration from one second to 400 days' })
    return z.NEVER
  })

const metadata = z
  .record(z.string(), z.json(), 'an object')
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA, `at most ${MAX_METADATA} bytes of JSON`)

const rules = {
  access: z.array(accessRule).max(500).optional(),
  rate_limit: oneOrMore(policyRateLimit).optional(),
  quota: oneOrMore(policyQuota).optional(),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'a scope: printable, without blanks and quotes'))
    .max(1000)
    .optional(),
  access_token_lifetime: lifetime.optional(),
  refresh_token_lifetime: lifetime.optional(),
  meta_data: metadata.optional(),
}

/** A policy as operators write it. */
export const policyBody = z.strictObject({
  id: policyId.optional(),
  name: z.string().trim().min(1).max(200).optional(),
  active: z.boolean().default(true),
  ...rules,
})

/** What an identity server may say of one authorization. */
export const sessionBody = z.strictObject(rules)

export type PolicyBody = z.output<typeof policyBody>
type RulesBody = z.output<typeof sessionBody>

/** What a body says, as records have it. */
export type PolicyContent = Omit<PolicyRecord, 'id' | 'source' | 'createdAt' | 'updatedAt'>

export function policyContent(body: PolicyBody): PolicyContent {
  const { name, active, meta_data: metadata = {} } = body
  return { ...(name === undefined ? {} : { name }), active, ...rulesOf(body), metadata }
}

export function sessionRules(body: RulesBody): SessionRules {
  return { ...rulesOf(body), ...(body.meta_data === undefined ? {} : { metadata: body.meta_data }) }
}

function rulesOf(body: RulesBody): PolicyRules {
  const { access, rate_limit, quota, scopes, access_token_lifetime, refresh_token_lifetime } = body
  return {
    ...(access === undefined ? {} : { access }),
    ...(rate_limit === undefined ? {} : { rateLimits: rate_limit }),
    ...(quota === undefined ? {} : { quotas: quota }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(access_token_lifetime === undefined ? {} : { accessTokenLifetime: access_token_lifetime }),
    ...(refresh_token_lifetime === undefined ? {} : { refreshTokenLifetime: refresh_token_lifetime }),
  }
}

/** The content of a policy as it would be written. */
export function policyText(policy: PolicyContent): Readonly<Record<string, unknown>> {
  const { name, active, access, rateLimits, quotas, scopes, accessTokenLifetime, refreshTokenLifetime } = policy
  return {
    ...(name === undefined ? {} : { name }),
    active,
    ...(access === undefined ? {} : { access }),
    ...(rateLimits === undefined ? {} : { rate_limit: rateLimits.map(rateLimitText) }),
    ...(quotas === undefined ? {} : { quota: quotas.map(quotaText) }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(accessTokenLifetime === undefined ? {} : { access_token_lifetime: formatDuration(accessTokenLifetime) }),
    ...(refreshTokenLifetime === undefined ? {} : { refresh_token_lifetime: formatDuration(refreshTokenLifetime) }),
    meta_data: policy.metadata,
  }
}

const periodText = (per: Period): string => (typeof per === 'number' ? formatDuration(per) : per)

export const rateLimitText = ({ rate, per, by }: RateLimit) => ({ rate, per: periodText(per), by })
export const quotaText = ({ max, per, by }: Quota) => ({ max, per: periodText(per), by })

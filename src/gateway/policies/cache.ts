import { z } from 'zod'
import type { Operation } from '../../api/api.ts'
import { byteSize, duration, flag } from '../../api/settings/field.ts'
import { Problem } from '../../core/problem.ts'
import { ageAt, answerStored } from '../cache/answer-stored.ts'
import { cachePartition, cacheUrl, EVERYONE, variantsFor } from '../cache/cache-key.ts'
import { directivesOf, durationIn } from '../cache/directives.ts'
import { KeepResponse } from '../cache/keep-response.ts'
import type { ResponseCache, StoredResponse } from '../cache/response-cache.ts'
import type { Call, Step } from '../call.ts'
import { refresh } from '../forward-refresh.ts'
import { definePolicy, type PolicyDeps } from './policy.ts'

const settings = z
  .strictObject({
    enabled: flag(true, { title: 'Enabled', description: 'Whether this holds.' }),
    ttl: duration({
      title: 'Time to live',
      description: 'For how long an answer is fresh that says nothing of it itself; 0: it is not kept.',
      examples: ['30s'],
    }).prefault(0),
    staleWhileRevalidate: duration({
      title: 'Stale while revalidate',
      description:
        'For how long after that it is given at once while a new one is got, when it says nothing of it itself.',
      examples: ['1m'],
    }).prefault(0),
    statuses: z
      .array(
        z
          .int()
          .min(200)
          .max(599)
          .refine((status) => status !== 206 && status !== 304, 'a status of a whole answer'),
      )
      .default([200, 203, 301, 308, 404, 410])
      .meta({ title: 'Statuses', description: 'Answers that may be kept.', examples: [[200, 404]] }),
    shared: flag(false, {
      title: 'Shared',
      description:
        'Whether answers are for everyone, whoever asked. Off, each caller has their own, unless the answer itself says `public` or `s-maxage`.',
    }),
    vary: z
      .array(
        z
          .string()
          .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a header name')
          .toLowerCase(),
      )
      .default([])
      .meta({
        title: 'Vary',
        description: 'Request headers that answers depend on, besides those that they name themselves.',
        examples: [['Accept-Language']],
      }),
    maxBodySize: byteSize({
      title: 'Maximum body size',
      description: 'Larger answers are not kept.',
      examples: ['1mb'],
    }).prefault('1mb'),
  })
  .meta({
    title: 'Response cache',
    description: 'Keeps answers to GET as they allow it (RFC 9111), in the memory of each gateway process.',
    examples: [{ ttl: '30s' }],
  })

type CacheSettings = z.output<typeof settings>

/** RFC 9111: gives answers again that are fresh, or stale for a moment while a new one is got, and keeps those that may be. */
export const cache = definePolicy({
  name: 'cache',
  settings,
  create(settings, deps) {
    if (!settings.enabled) return undefined
    const forget = forgetOnChange(deps)
    return (call) => {
      const { method } = call.req
      if (method !== 'GET' && method !== 'HEAD') return forget(call)
      if (call.bodyLength !== 0 || call.upgrade || call.req.headers.range !== undefined) return undefined
      return lookUp(call, settings, deps)
    }
  },
})

/** Whether answers of an operation are kept. */
export function isCached({ policies }: Operation): boolean {
  return (policies.get(cache.name) as CacheSettings | undefined)?.enabled === true
}

/** RFC 9110 §9.2.1. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'])

/** RFC 9111 §4.4: what has been changed by a request is not kept any longer. For operations that are not cached themselves. */
export function forgetOnChange({ responses, trusts }: Pick<PolicyDeps, 'responses' | 'trusts'>): Step {
  return (call) => {
    if (SAFE.has(call.req.method ?? '')) return undefined
    const url = cacheUrl(call, trusts)
    call.tap = {
      head: (status) => {
        if (status < 400) responses.forget(url)
      },
      piece() {},
      end() {},
    }
    return undefined
  }
}

function lookUp(call: Call, settings: CacheSettings, deps: PolicyDeps): undefined {
  const { responses, clock } = deps
  const url = cacheUrl(call, deps.trusts)
  const own = settings.shared ? EVERYONE : cachePartition(call)
  const wishes = wishesOf(call)
  const found = wishes.refuses ? undefined : find(call, url, own, responses)
  const now = clock.now()
  if (found && ageAt(found, now) <= wishes.oldest) {
    const left = found.storing.lifetime - ageAt(found, now)
    if (left > wishes.freshFor) return void answerStored(call, found, now)
    if (wishes.freshFor === 0 && left > -found.storing.staleFor) {
      answerStored(call, found, now)
      const keep = keepOptions(call, url, own, settings, deps)
      void refresh({ call, stored: found, keep, forget: () => responses.forget(url), trusts: deps.trusts })
      return undefined
    }
  }
  if (wishes.onlyStored) throw new Problem(504, 'not_stored', 'There is no stored answer to this request.')
  const keep = new KeepResponse(keepOptions(call, url, own, settings, deps))
  if (call.req.method === 'GET' && wishes.mayKeep) call.tap = keep
  const reason = wishes.refuses ? 'request' : found ? 'stale' : 'miss'
  call.edits.push(({ headers }) => {
    headers.push('Cache-Status', `gatehouse; fwd=${reason}${call.tap === keep && keep.keeps ? '; stored' : ''}`)
  })
  return undefined
}

/** Those of the caller before those of everyone. */
function find(call: Call, url: string, own: string | undefined, responses: ResponseCache): StoredResponse | undefined {
  const everyone = variantsFor(call, EVERYONE)
  if (own === undefined || own === EVERYONE) return responses.find(url, everyone)
  return responses.find(url, variantsFor(call, own), everyone)
}

function keepOptions(
  call: Call,
  url: string,
  own: string | undefined,
  settings: CacheSettings,
  { responses, clock }: PolicyDeps,
) {
  const { moment } = responses
  const put = (response: StoredResponse): void => {
    const partition = response.storing.open ? EVERYONE : own
    if (partition !== undefined) responses.put(url, variantsFor(call, partition), response, moment)
  }
  return { settings, maxBody: settings.maxBodySize, clock, asked: clock.now(), put }
}

interface Wishes {
  /** No stored answer will do. */
  readonly refuses: boolean
  readonly mayKeep: boolean
  readonly onlyStored: boolean
  /** Milliseconds. */
  readonly oldest: number
  /** Milliseconds that it must stay fresh. */
  readonly freshFor: number
}

const NO_WISHES: Wishes = {
  refuses: false,
  mayKeep: true,
  onlyStored: false,
  oldest: Number.POSITIVE_INFINITY,
  freshFor: 0,
}

/** RFC 9111 §5.2.1, §5.4: what the request says about stored answers. */
function wishesOf({ req }: Call): Wishes {
  const said = req.headers['cache-control']
  if (said === undefined) return req.headers.pragma === 'no-cache' ? { ...NO_WISHES, refuses: true } : NO_WISHES
  const directives = directivesOf([said])
  return {
    refuses: directives.has('no-cache') || directives.has('no-store'),
    mayKeep: !directives.has('no-store'),
    onlyStored: directives.has('only-if-cached'),
    oldest: durationIn(directives, 'max-age') ?? Number.POSITIVE_INFINITY,
    freshFor: durationIn(directives, 'min-fresh') ?? 0,
  }
}

import type { Instant } from '../../core/clock.ts'
import { HEADER, headerClass } from '../header-class.ts'
import { headerValues } from '../header-list.ts'
import { directivesOf, durationIn } from './directives.ts'

/** What a document says about keeping answers. */
export interface StoringSettings {
  /** Milliseconds that an answer is fresh when it says nothing of it; 0: it is not kept. */
  readonly ttl: number
  /** Milliseconds that a stale answer is given while a new one is got, when the answer says nothing of it. */
  readonly staleWhileRevalidate: number
  /** Answers that may be kept. */
  readonly statuses: readonly number[]
  /** Whether answers are for everyone, whoever asked. */
  readonly shared: boolean
  /** Request headers that answers always depend on, lower case. */
  readonly vary: readonly string[]
}

/** For how long an answer may be given again. All in milliseconds. */
export interface Storing {
  /** Its age when it arrived. */
  readonly age: number
  readonly lifetime: number
  /** For how long after that it may be given while a new one is got. */
  readonly staleFor: number
  /** RFC 9111 §3.5: it says of itself that it is not for the one who asked alone. */
  readonly open: boolean
  /** Request headers that it depends on, lower case, sorted. */
  readonly vary: readonly string[]
}

const NAMES_AT_MOST = 16

/**
 * RFC 9111 §3: whether, and for how long, a shared cache may keep an answer. Undefined when it may not. Answers whose
 * freshness nobody states are not kept: nothing is guessed.
 */
export function storing(
  status: number,
  headers: readonly string[],
  settings: StoringSettings,
  times: { readonly asked: Instant; readonly answered: Instant },
): Storing | undefined {
  if (!settings.statuses.includes(status)) return undefined
  const directives = directivesOf(headerValues(headers, 'cache-control'))
  if (directives.has('no-store') || directives.has('private') || directives.has('no-cache')) return undefined
  const lifetime =
    durationIn(directives, 's-maxage') ??
    durationIn(directives, 'max-age') ??
    untilExpiry(headers, times.answered) ??
    (status < 400 ? settings.ttl : 0)
  if (lifetime === 0) return undefined // most answers that are not kept say nothing of it
  if (headerValues(headers, 'set-cookie').length > 0 || headerValues(headers, 'trailer').length > 0) return undefined
  const vary = varyOf(headers, settings)
  if (!vary) return undefined
  const strict = ['must-revalidate', 'proxy-revalidate', 's-maxage'].some((name) => directives.has(name))
  const staleFor = strict ? 0 : (durationIn(directives, 'stale-while-revalidate') ?? settings.staleWhileRevalidate)
  const age = ageOf(headers, times)
  if (age >= lifetime) return undefined
  return { age, lifetime, staleFor, open: directives.has('public') || directives.has('s-maxage'), vary }
}

/** RFC 9111 §5.3: `Expires` counts from `Date`; what is no date is in the past. */
function untilExpiry(headers: readonly string[], answered: Instant): number | undefined {
  const [expires] = headerValues(headers, 'expires')
  if (expires === undefined) return undefined
  const at = Date.parse(expires)
  return Number.isNaN(at) ? 0 : Math.max(0, at - (dateOf(headers) ?? answered))
}

/** RFC 9111 §4.2.3; `Date` knows no more than seconds. */
function ageOf(
  headers: readonly string[],
  { asked, answered }: { readonly asked: Instant; readonly answered: Instant },
): number {
  const [value = '0'] = headerValues(headers, 'age')
  const said = /^\d+$/.test(value) ? Number(value) * 1000 : 0
  const second = Math.floor(answered / 1000) * 1000
  return Math.max(second - (dateOf(headers) ?? second), said + (answered - asked), 0)
}

function dateOf(headers: readonly string[]): Instant | undefined {
  const at = Date.parse(headerValues(headers, 'date')[0] ?? '')
  return Number.isNaN(at) ? undefined : at
}

/**
 * RFC 9111 §4.1: the names that `Vary` lists and those of the document; undefined when no two requests are alike. A coding
 * that was negotiated is one even where the upstream forgets to say so.
 */
function varyOf(headers: readonly string[], settings: StoringSettings): readonly string[] | undefined {
  const named = headerValues(headers, 'vary').flatMap((value) => value.split(','))
  const names = new Set(
    [...named.map((name) => name.trim().toLowerCase()), ...settings.vary].filter((name) => name !== ''),
  )
  if (headerValues(headers, 'content-encoding').length > 0) names.add('accept-encoding')
  if (names.size > NAMES_AT_MOST || [...names].some(differsAlways)) return undefined
  return [...names].sort()
}

/** `*`, and what the gateway says anew with each request. */
function differsAlways(name: string): boolean {
  const kind = headerClass(name)
  return (
    name === '*' ||
    kind === HEADER.forwarded ||
    kind === HEADER.requestId ||
    kind === HEADER.traceparent ||
    kind === HEADER.tracestate ||
    kind === HEADER.connection
  )
}

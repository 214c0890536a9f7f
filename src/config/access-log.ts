import { parseDuration } from '../core/duration.ts'

/** Which requests are written to the access log: those for which any rule holds. */
export interface AccessLogRules {
  /** Share of all requests, 0 to 1, drawn by their ids. */
  readonly share: number
  /** Requests that were answered with at least this status. */
  readonly fromStatus: number
  /** Requests that took at least so many milliseconds. */
  readonly slow: number
  /** Requests to these APIs, of these clients. */
  readonly apis: ReadonlySet<string>
  readonly clients: ReadonlySet<string>
}

const NONE: AccessLogRules = {
  share: 0,
  fromStatus: Number.POSITIVE_INFINITY,
  slow: Number.POSITIVE_INFINITY,
  apis: new Set(),
  clients: new Set(),
}

export const ACCESS_LOG_FORM =
  'off, all, or a list of errors (5xx), failures (4xx and 5xx), slow:1s, sample:1%, api:ID, client:ID'

/** The rules of a text such as `errors,slow:1s,sample:1%`; undefined for `off`, `null` when it makes no sense. */
export function parseAccessLog(text: string): AccessLogRules | undefined | null {
  if (text === 'off' || text === '') return undefined
  let rules: AccessLogRules = NONE
  for (const word of text.split(',').map((part) => part.trim())) {
    const next = withRule(rules, word)
    if (!next) return null
    rules = next
  }
  return rules
}

function withRule(rules: AccessLogRules, word: string): AccessLogRules | undefined {
  const [, name = word, value = ''] = /^([a-z]+):(.+)$/.exec(word) ?? []
  if (word === 'all') return { ...rules, share: 1 }
  if (word === 'errors') return { ...rules, fromStatus: Math.min(rules.fromStatus, 500) }
  if (word === 'failures') return { ...rules, fromStatus: 400 }
  if (name === 'slow') {
    const slow = parseDuration(value)
    return slow === undefined ? undefined : { ...rules, slow }
  }
  if (name === 'sample') {
    const percent = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(value)?.[1]
    const share = Number(percent) / 100
    return share >= 0 && share <= 1 ? { ...rules, share } : undefined
  }
  if (name === 'api' && value !== '') return { ...rules, apis: new Set([...rules.apis, value]) }
  if (name === 'client' && value !== '') return { ...rules, clients: new Set([...rules.clients, value]) }
  return undefined
}

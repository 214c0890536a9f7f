import type { Principal } from '../oauth/tokens/principal.ts'

const known = new WeakMap<Principal, readonly string[]>()

/** The headers that tell the upstream who calls, flat. Kept per principal: tokens are looked up from memory, and so is this. */
export function identityHeaders(principal: Principal): readonly string[] {
  const cached = known.get(principal)
  if (cached) return cached
  const headers = buildHeaders(principal)
  known.set(principal, headers)
  return headers
}

function buildHeaders(principal: Principal): readonly string[] {
  const { consumer } = principal
  const all: readonly (readonly [string, string | undefined])[] = [
    ['X-Consumer-Id', consumer?.id],
    ['X-Consumer-Custom-Id', consumer?.customId],
    ['X-Consumer-Username', consumer?.username],
    ['X-Credential-Identifier', principal.clientId],
    ['X-Authenticated-Scope', principal.scope.size > 0 ? [...principal.scope].join(' ') : undefined],
    ['X-Authenticated-Userid', principal.subject],
    ['X-Anonymous-Consumer', principal.anonymous ? 'true' : undefined],
  ]
  const told = all.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [name, headerSafe(value)]))
  return [...told, ...(principal.headers?.map((text, index) => (index % 2 === 0 ? text : headerSafe(text))) ?? [])]
}

const UNSAFE = /[^\x21-\x7e ]|%|^ | $/

/**
 * A text as a header value. What is not printable ASCII, percent signs, and spaces at the ends are percent-encoded as UTF-8:
 * no value can end the header, and two different texts never become one value.
 */
export function headerSafe(text: string): string {
  return UNSAFE.test(text) ? text.toWellFormed().replace(/[^\x21-\x7e ]+|%|^ +| +$/g, encodeURIComponent) : text
}

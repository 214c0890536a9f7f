import { STATUS_CODES } from 'node:http'
import type { Instant } from '../../core/clock.ts'
import type { Call } from '../call.ts'
import { edited } from '../head-edit.ts'
import { headerValues } from '../header-list.ts'
import type { StoredResponse } from './response-cache.ts'

/** Milliseconds since an answer was made (RFC 9111 §4.2.3). */
export const ageAt = ({ storing, answered }: StoredResponse, now: Instant): number => storing.age + (now - answered)

/** Answers with what is kept: the whole of it, its head alone, or that the client has it already. RFC 9211 says so. */
export function answerStored(call: Call, stored: StoredResponse, now: Instant): void {
  const { req, res, requestId, edits } = call
  const age = ageAt(stored, now)
  const ttl = Math.ceil((stored.storing.lifetime - age) / 1000)
  const known = stored.status === 200 && isKnown(call, stored.headers)
  const status = known ? 304 : stored.status
  const headers = known ? withoutContent(stored.headers) : [...stored.headers]
  if (!known && status !== 204) headers.push('Content-Length', String(stored.body.length))
  headers.push(
    'Age',
    String(Math.floor(age / 1000)),
    'Cache-Status',
    `gatehouse; hit; ttl=${ttl}`,
    'X-Request-Id',
    requestId,
  )
  res.writeHead(status, STATUS_CODES[status] ?? '', edited(status, headers, edits))
  if (known || req.method === 'HEAD') res.end()
  else if (stored.body.length > LATIN1_BYTES) res.end(stored.body)
  else res.end(stored.body.toString('latin1'), 'latin1') // byte for byte, in one write with the head
}

const LATIN1_BYTES = 16_384

/** RFC 9110 §13.1.2, §13.1.3: whether the client's own copy is this one. */
function isKnown({ headers }: Call, stored: readonly string[]): boolean {
  const asked = headerValues(headers, 'if-none-match')
  if (asked.length > 0) {
    const [tag] = headerValues(stored, 'etag')
    const tags = asked.join(',').match(/\*|(?:W\/)?"[^"]*"/g) ?? []
    return tag !== undefined && tags.some((one) => one === '*' || weak(one) === weak(tag))
  }
  const since = Date.parse(headerValues(headers, 'if-modified-since')[0] ?? '')
  const modified = Date.parse(headerValues(stored, 'last-modified')[0] ?? '')
  return modified <= since // never true for what is no date
}

const weak = (tag: string): string => tag.replace(/^W\//, '')

function withoutContent(headers: readonly string[]): string[] {
  return headers.filter((_, index) => !/^content-(?!location)/i.test(headers[index & ~1] ?? ''))
}

import type { Principal } from '../../oauth/tokens/principal.ts'
import type { Call } from '../call.ts'
import { calledAt, type TrustsPeer } from '../forwarded.ts'
import { HEADER, headerClass } from '../header-class.ts'
import { headerValues } from '../header-list.ts'
import { identityHeaders } from '../identity.ts'
import type { VariantOf } from './response-cache.ts'

/**
 * What one answer is the answer to: this version of the API, the URL that was called (RFC 9111 §2), whose scheme and host the
 * upstream is told, and what is asked of the upstream.
 */
export function cacheUrl(call: Call, trusts: TrustsPeer | undefined): string {
  const { api, plan, path, query } = call
  const { origin, basePath } = plan.target
  return `${api.id} ${api.revision} ${calledAt(call, trusts)} ${origin}${basePath}${path}${query}`
}

/** Whose answers these are: everyone's, or those of one caller with one scope. */
export const EVERYONE = 'everyone'

/**
 * Whose answers a caller may get besides everyone's, and whose the answer will be; undefined when it is for nobody else,
 * because the upstream itself may look at a credential (`Authorization` without a principal, or cookies).
 */
export function cachePartition({ principal, headers, req }: Call): string | undefined {
  const passesOn = (name: 'cookie' | 'authorization'): boolean =>
    req.headers[name] !== undefined && headerValues(headers, name).length > 0
  if (passesOn('cookie')) return undefined
  if (principal) return partitionOf(principal)
  return passesOn('authorization') ? undefined : 'nobody'
}

const partitions = new WeakMap<Principal, string>()

function partitionOf(principal: Principal): string {
  let partition = partitions.get(principal)
  if (partition === undefined) {
    partition = `caller ${identityHeaders(principal).join('\n')}`
    partitions.set(principal, partition)
  }
  return partition
}

/** RFC 9111 §4.1: the values of the request headers that an answer depends on, for one partition. */
export function variantsFor(call: Call, partition: string): VariantOf {
  return (vary) => {
    if (vary.length === 0) return partition
    return JSON.stringify([partition, ...vary.map((name) => requestValue(call, name))])
  }
}

function requestValue(call: Call, name: string): string {
  const kind = headerClass(name)
  if (kind === HEADER.host) return call.target.authority ?? call.req.headers.host ?? ''
  // Headers that say who calls are written later: they follow from the principal.
  if (kind === HEADER.drop) return call.principal ? partitionOf(call.principal) : ''
  return headerValues(call.headers, name).join(',')
}

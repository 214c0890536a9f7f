import { sha256 } from '../../core/digest.ts'
import { type Key, partitionOf, recordKind } from '../../store/store.ts'

const kind = recordKind<true>('assertion')

/** The place that one use of a client assertion takes until it has expired (RFC 7523 §3: `jti`). */
export function usedAssertionKey(clientId: string, jti: string): Key<true> {
  const id = sha256(JSON.stringify([clientId, jti]))
  return kind(partitionOf(id), id)
}

import { bytesOf } from './compact-text.ts'
import { PARTITIONS } from './store.ts'
import { decodeText, encodeText } from './text.ts'

const TEXT = 0x3a // ':'
const BYTES = 0x3d // '='

/**
 * A member of an index in few bytes: a digest or generated id as its bytes, `<partition>.<digest>` as a byte for the
 * partition and those bytes, anything else as text.
 */
export function encodeMember(member: string): Buffer {
  const located = /^(0|[1-9]\d?)\.([\w-]+)$/.exec(member)
  const partition = Number(located?.[1] ?? PARTITIONS)
  const inPartition = partition < PARTITIONS ? bytesOf(located?.[2] ?? '') : undefined
  if (inPartition) return Buffer.concat([Buffer.of(partition), inPartition])
  const bytes = bytesOf(member)
  if (bytes) return Buffer.concat([Buffer.of(BYTES), bytes])
  return Buffer.concat([Buffer.of(TEXT), Buffer.from(encodeText(member))])
}

/** The reverse of `encodeMember`. */
export function decodeMember(bytes: Buffer): string {
  const rest = bytes.subarray(1)
  if (bytes[0] === TEXT) return decodeText(rest.toString())
  return bytes[0] === BYTES ? rest.toString('base64url') : `${bytes[0]}.${rest.toString('base64url')}`
}

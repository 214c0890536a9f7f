import type { Instant } from '../core/clock.ts'
import { decodeCompact } from './compact.ts'
import type { Entry, Key } from './store.ts'

/** Deadlines are written as six bytes, 0 for none. */
const LATEST: Instant = 2 ** 48 - 1

/** A deadline as scripts and values keep it: whole milliseconds, 0 for none. */
export const deadline = (expiresAt: Instant | undefined): Instant =>
  expiresAt === undefined || expiresAt > LATEST ? 0 : Math.max(1, Math.ceil(expiresAt))

/** A record as it is stored. */
export interface StoredRecord {
  readonly value: unknown
  readonly version: number
  /** 0: never. */
  readonly expiresAt: Instant
}

/** What stands at the key of a record: version (one byte, or 255 and four), deadline (six bytes), compact value. */
export function readRecord(id: string, bytes: Buffer): StoredRecord {
  const long = bytes[0] === 255
  const version = long ? bytes.readUInt32BE(1) : bytes.readUInt8(0)
  const start = long ? 5 : 1
  const expiresAt = bytes.readUIntBE(start, 6)
  return { value: decodeCompact(bytes, start + 6, { id, expiresAt }), version, expiresAt }
}

/** The record at a key, unless it has expired. */
export function readEntry<T>(key: Key<T>, bytes: Buffer, now: Instant): Entry<T> | undefined {
  const { value, version, expiresAt } = readRecord(key.id, bytes)
  return expiresAt > 0 && expiresAt <= now ? undefined : { value: value as T, version }
}

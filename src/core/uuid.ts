import type { Random } from './random.ts'

/** RFC 9562 §5.4: a random UUID. */
export function randomUuid(random: Random): string {
  return uuidText(random(16), 4)
}

/** 16 bytes as a UUID of a version (RFC 9562 §4.1, §4.2). */
export function uuidText(bytes: Buffer, version: 4 | 8): string {
  const copy = Buffer.from(bytes.subarray(0, 16))
  copy[6] = ((copy[6] ?? 0) & 0x0f) | (version << 4)
  copy[8] = ((copy[8] ?? 0) & 0x3f) | 0x80
  return copy.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

const UNITS = { b: 1, kb: 1024, kib: 1024, mb: 1024 ** 2, mib: 1024 ** 2, gb: 1024 ** 3, gib: 1024 ** 3 } as const

/** What a size looks like in a document: `512kb`, `10MiB`; units are powers of 1024. */
export const BYTE_SIZE_PATTERN = /^\d+(?:b|kb|kib|mb|mib|gb|gib)$/i

/** Bytes of a size text or of a bare number of bytes; undefined if it is neither. */
export function parseByteSize(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? value : undefined
  if (/^\d+$/.test(value)) return Number(value)
  const match = /^(\d+)([a-z]+)$/i.exec(value)
  if (!match || !BYTE_SIZE_PATTERN.test(value)) return undefined
  const unit = match[2]?.toLowerCase() as keyof typeof UNITS
  const bytes = Number(match[1]) * UNITS[unit]
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

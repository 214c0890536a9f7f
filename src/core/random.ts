import { randomBytes } from 'node:crypto'

/** The only source of randomness: `size` bytes from a cryptographically strong generator. */
export type Random = (size: number) => Buffer

const POOL = 8192

/** Draws from the operating system in blocks, because one call for every token costs more than hashing it. */
export function pooledRandom(): Random {
  let pool = Buffer.alloc(0)
  let used = 0
  return (size) => {
    if (size > POOL) return randomBytes(size)
    if (used + size > pool.length) {
      pool = randomBytes(POOL)
      used = 0
    }
    const bytes = Buffer.from(pool.subarray(used, used + size))
    pool.fill(0, used, used + size) // what was handed out is not kept
    used += size
    return bytes
  }
}

/** An identifier of 128 random bits as 22 base64url characters, after an optional prefix. */
export function randomId(random: Random, prefix = ''): string {
  return prefix + random(16).toString('base64url')
}

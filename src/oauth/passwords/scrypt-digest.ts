import { scrypt, timingSafeEqual } from 'node:crypto'

/** Cost of a password digest. `logN`: binary logarithm of the CPU and memory cost. */
export interface ScryptCost {
  readonly logN: number
  readonly r: number
  readonly p: number
}

/** One of the equally strong settings that the OWASP password storage page recommends: 32 MiB, about 0.2 s. */
export const DEFAULT_COST: ScryptCost = { logN: 15, r: 8, p: 3 }

const LENGTH = 32
const DIGEST = /^scrypt:(\d{1,2}),(\d{1,2}),(\d{1,2}):([A-Za-z0-9_-]{16,88}):([A-Za-z0-9_-]{43})$/

/** `scrypt:<logN>,<r>,<p>:<salt>:<key>`, so that digests made at another cost go on being checked. */
export async function scryptDigest(password: string, salt: Buffer, cost: ScryptCost): Promise<string> {
  const key = await derive(password, salt, cost)
  return `scrypt:${cost.logN},${cost.r},${cost.p}:${salt.toString('base64url')}:${key.toString('base64url')}`
}

/** Whether `digest` was made of `password`; false as well for a text that is no digest. */
export async function matchesScryptDigest(password: string, digest: string): Promise<boolean> {
  const parts = DIGEST.exec(digest)
  if (!parts) return false
  const cost = { logN: Number(parts[1]), r: Number(parts[2]), p: Number(parts[3]) }
  if (cost.logN < 1 || cost.logN > 20 || cost.r < 1 || cost.r > 32 || cost.p < 1 || cost.p > 16) return false
  const key = await derive(password, Buffer.from(parts[4] ?? '', 'base64url'), cost)
  return timingSafeEqual(key, Buffer.from(parts[5] ?? '', 'base64url'))
}

/** Runs in the thread pool. Unicode passwords are compared in NFC, as keyboards differ in how they compose. */
function derive(password: string, salt: Buffer, { logN, r, p }: ScryptCost): Promise<Buffer> {
  const N = 2 ** logN
  const options = { N, r, p, maxmem: 128 * N * r + 128 * r * p + 1024 * 1024 }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, LENGTH, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

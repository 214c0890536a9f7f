import { Problem } from '../../core/problem.ts'
import type { Random } from '../../core/random.ts'
import { DEFAULT_COST, matchesScryptDigest, type ScryptCost, scryptDigest } from './scrypt-digest.ts'

/** Hashing of secrets that people chose: slow on purpose, so few run at a time and few may wait. */
export interface Passwords {
  /** The digest to store. Throws `PasswordsBusy`. */
  hash(password: string): Promise<string>
  /** Whether the password belongs to the digest. Without one it takes as long and says no. Throws `PasswordsBusy`. */
  verify(password: string, digest: string | undefined): Promise<boolean>
}

/** So many wait already that this one is turned away: 503. */
export class PasswordsBusy extends Problem {
  constructor() {
    super(503, 'busy', 'Too many passwords are being checked.', { headers: { 'retry-after': '1' } })
  }
}

const SALT = 16

/** `concurrency`: threads used at a time (the pool has four); `capacity`: how many may wait for one. */
export function createPasswords(options: {
  readonly random: Random
  readonly concurrency?: number
  readonly capacity?: number
  readonly cost?: ScryptCost
}): Passwords {
  const { random, cost = DEFAULT_COST } = options
  const queued = boundedQueue(options.concurrency ?? 2, options.capacity ?? 32)
  // Belongs to no password: what an unknown user is compared with. Its key is random, so nothing derives to it.
  const nobody = `scrypt:${cost.logN},${cost.r},${cost.p}:${text(random(SALT))}:${text(random(32))}`
  return {
    hash: (password) => queued(() => scryptDigest(password, random(SALT), cost)),
    verify: (password, digest) => queued(() => matchesScryptDigest(password, digest ?? nobody)),
  }
}

const text = (bytes: Buffer): string => bytes.toString('base64url')

function boundedQueue(concurrency: number, capacity: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (task) => {
    if (running >= concurrency) {
      if (waiting.length >= capacity) throw new PasswordsBusy()
      await new Promise<void>((resolve) => waiting.push(resolve)) // its place is handed over, not freed
    } else {
      running += 1
    }
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}

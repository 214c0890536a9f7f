import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** Knows who may sign in. */
export interface Members {
  verify(username: string, password: string): Promise<boolean>
}

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>

interface StoredPassword {
  readonly salt: Buffer
  readonly hash: Buffer
}

/** The sample members clark, annie and bob, or those given as name → password; only scrypt hashes are kept. */
export async function sampleMembers(passwords: Readonly<Record<string, string>> = SAMPLE): Promise<Members> {
  const stored = new Map<string, StoredPassword>()
  for (const [username, password] of Object.entries(passwords)) stored.set(username, await hashOf(password))
  const nobody = await hashOf(randomBytes(16).toString('hex'))
  return {
    async verify(username, password) {
      // An unknown name costs as much time as a wrong password, so that names cannot be found out.
      const known = stored.get(username)
      const { salt, hash } = known ?? nobody
      const given = await derive(password.slice(0, 200), salt, hash.length)
      return timingSafeEqual(given, hash) && known !== undefined
    },
  }
}

const SAMPLE = { clark: 'clark-walks', annie: 'annie-walks', bob: 'bob-walks' }

async function hashOf(password: string): Promise<StoredPassword> {
  const salt = randomBytes(16)
  return { salt, hash: await derive(password, salt, 32) }
}

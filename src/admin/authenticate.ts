import { equalSecrets } from '../core/digest.ts'
import { Problem } from '../core/problem.ts'
import type { AdminDeps } from './admin-deps.ts'
import type { Actor } from './admin-route.ts'
import { createGuessLimit } from './http/guess-limit.ts'
import { adminKeyKey, isLiveKey, KEY_RATE, keyIdOf } from './keys/admin-key.ts'

/** Who presents this `Authorization` header. Throws 401, or 429 after too many different wrong ones. */
export type Authenticate = (header: string | undefined, address: string) => Promise<Actor>

export function createAuthenticate({ secret, services }: Pick<AdminDeps, 'secret' | 'services'>): Authenticate {
  const limit = createGuessLimit(services.clock)
  return async (header, address) => {
    const credential = (header ?? '').replace(/^Bearer +/i, '').trim()
    if (credential === '') throw unauthorized('This call needs the admin secret: Authorization: Bearer <secret>.')
    const wait = limit.waitFor(address)
    if (wait > 0) throw tooManyGuesses(wait)
    if (equalSecrets(credential, secret.reveal())) return { kind: 'admin' }
    const actor = await holderOf(credential, services)
    if (actor?.kind === 'key') await services.limits.fromKey(actor.id, actor.rateLimit)
    if (actor) return actor
    limit.wrong(address, credential)
    throw unauthorized('The admin secret or key is not valid.')
  }
}

async function holderOf(credential: string, { store, clock }: AdminDeps['services']): Promise<Actor | undefined> {
  const id = keyIdOf(credential)
  if (id === undefined) return undefined
  const [entry] = await store.get([adminKeyKey(id)])
  if (!entry || !isLiveKey(credential, entry.value, clock.now())) return undefined
  const { name, role, apis, rateLimit = KEY_RATE } = entry.value
  return { kind: 'key', id, name, role, apis, rateLimit }
}

const unauthorized = (detail: string): Problem =>
  new Problem(401, 'unauthorized', detail, { headers: { 'www-authenticate': 'Bearer realm="gatehouse admin"' } })

const tooManyGuesses = (wait: number): Problem =>
  new Problem(429, 'too_many_guesses', 'Too many different wrong credentials came from this address.', {
    headers: { 'retry-after': String(Math.ceil(wait / 1000)) },
  })

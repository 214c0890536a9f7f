import { randomUuid } from '../../core/uuid.ts'
import { putConsumer } from '../../oauth/consumers/consumer-commit.ts'
import type { ConsumerRecord } from '../../oauth/records/consumer.ts'
import type { OAuthServices } from '../../oauth/services.ts'
import type { Entry } from '../../store/store.ts'
import { DECLARED_INDEX } from './apply-deps.ts'
import type { DeclaredConsumer } from './consumers-file.ts'
import { bearersOf, nameKeysOf } from './named-consumers.ts'

/** Why a consumer cannot be put, and what helps. */
export interface Clash {
  readonly message: string
  readonly hint: string
}

const REGISTERED: Clash = {
  message: 'a consumer of this name was registered in another way',
  hint: 'remove it there, or give this one another name',
}
const DIFFERENT: Clash = {
  message: 'its username and its custom_id belong to different consumers',
  hint: 'write first a file in which the other one no longer has the name',
}
const BUSY: Clash = { message: 'it is changed by others all the time', hint: 'write the file again' }
/** How often it is tried anew when others change the same consumer; gateways that read the same file do. */
const ATTEMPTS = 5

/** What stands in the way of a consumer when these bear its names. */
export function clashWith(bearers: readonly Entry<ConsumerRecord>[]): Clash | undefined {
  if (bearers.some(({ value }) => value.declared === undefined)) return REGISTERED
  return bearers.length > 1 ? DIFFERENT : undefined
}

/**
 * Puts a consumer as it is declared: the one of that username, or of that custom id, is the one that is meant. Throws
 * `StoreUnavailable`.
 */
export async function applyConsumer(
  declared: DeclaredConsumer,
  { store, clock, random, vault }: OAuthServices,
): Promise<{ readonly id: string; readonly changed: 0 | 1 } | Clash> {
  const { username, custom_id: customId, tags } = declared
  const print = vault.mac('declared', JSON.stringify([username, customId, tags])).toString('base64url')
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const bearers = await bearersOf(nameKeysOf(declared), store)
    const clash = clashWith(bearers)
    if (clash) return clash
    const [before] = bearers
    if (before?.value.declared === print) return { id: before.value.id, changed: 0 }
    const now = clock.now()
    const id = before?.value.id ?? randomUuid(random)
    const after: ConsumerRecord = {
      id,
      ...(username === undefined ? {} : { username }),
      ...(customId === undefined ? {} : { customId }),
      tags,
      declared: print,
      createdAt: before?.value.createdAt ?? now,
      updatedAt: now,
    }
    const commit = putConsumer(after, before)
    const member = { op: 'index', index: DECLARED_INDEX, member: `consumer:${id}`, sort: after.createdAt } as const
    if ((await store.commit({ ...commit, writes: [...(commit.writes ?? []), member] })).ok) return { id, changed: 1 }
  }
  return BUSY
}

import type { Clock, Instant } from '../core/clock.ts'
import { equalSecrets } from '../core/digest.ts'
import type { Vault } from '../core/vault.ts'
import { type Key, partitionOf, recordKind, type Store } from '../store/store.ts'
import type { Endpoint } from './endpoint.ts'

/** The secrets that a document has named for an endpoint, newest first, sealed. */
interface RememberedSecrets {
  readonly secrets: readonly { readonly sealed: string; readonly since: Instant }[]
}

const kind = recordKind<RememberedSecrets>('webhook-secrets')
const secretsKey = (endpoint: string): Key<RememberedSecrets> => kind(partitionOf(endpoint), endpoint)

/** Milliseconds for which a replaced secret signs along. */
export const SECRET_OVERLAP = 86_400_000

/** Remembers the secrets of endpoints over restarts, so that a changed document rotates instead of breaking receivers. */
export interface SecretMemory {
  /** The texts of all live secrets of an endpoint, the document's first. */
  live(endpoint: Endpoint): Promise<readonly string[]>
}

interface Known {
  /** The endpoint as it was when the store was asked: a reloaded document makes a new one. */
  readonly endpoint: Endpoint
  readonly texts: readonly { readonly text: string; readonly until: Instant }[]
}

export function openSecretMemory(deps: {
  readonly store: Store
  readonly vault: Vault
  readonly clock: Clock
}): SecretMemory {
  const known = new Map<string, Known>()
  return {
    async live(endpoint) {
      let entry = known.get(endpoint.id)
      if (entry?.endpoint !== endpoint) {
        entry = { endpoint, texts: await recall(deps, endpoint) }
        known.set(endpoint.id, entry)
      }
      const now = deps.clock.now()
      return entry.texts.filter(({ until }) => now < until).map(({ text }) => text)
    },
  }
}

async function recall(deps: Parameters<typeof openSecretMemory>[0], endpoint: Endpoint): Promise<Known['texts']> {
  const current = endpoint.secret?.reveal()
  const always = [...(current === undefined ? [] : [current]), ...endpoint.previousSecrets.map((one) => one.reveal())]
  const remembered = current === undefined ? [] : await remember(deps, endpoint.id, current)
  const replaced = remembered.filter(({ text }) => !always.includes(text))
  return [...always.map((text) => ({ text, until: Number.POSITIVE_INFINITY })), ...replaced]
}

/** Puts `current` before what is remembered when it is not the newest, and tells of all how long they live. */
async function remember(deps: Parameters<typeof openSecretMemory>[0], endpoint: string, current: string) {
  const { store, vault, clock } = deps
  const key = secretsKey(endpoint)
  for (;;) {
    const [entry] = await store.get([key])
    const now = clock.now()
    const lived = (entry?.value.secrets ?? []).map(({ sealed, since }, index, all) => {
      const text = vault.open('webhook-secret', sealed, endpoint)
      // A secret lives until the overlap after the next one came.
      const until = index === 0 ? Number.POSITIVE_INFINITY : (all[index - 1]?.since ?? 0) + SECRET_OVERLAP
      return { text: text ?? '', until, sealed, since }
    })
    const alive = lived.filter(({ text, until }) => text !== '' && now < until)
    if (lived[0] && equalSecrets(lived[0].text, current)) return alive
    // One that has come back is the newest again, so that what it replaces ends, and the next one gives it its overlap.
    // During a rolling deployment, old and new documents put theirs first in turn: both sign all the while.
    const replaced = alive.filter(({ text }) => !equalSecrets(text, current))
    const added = { sealed: vault.seal('webhook-secret', current, endpoint), since: now }
    const secrets = [added, ...replaced.map(({ sealed, since }) => ({ sealed, since }))].slice(0, 5)
    const outcome = await store.commit({
      partition: key.partition,
      guards: [{ key, version: entry?.version ?? 0 }],
      writes: [{ op: 'put', key, value: { secrets } satisfies RememberedSecrets }],
    })
    if (outcome.ok) return replaced.map((one) => ({ ...one, until: Math.min(one.until, now + SECRET_OVERLAP) }))
  }
}

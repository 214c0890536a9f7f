import type { Instant } from '../core/clock.ts'
import type { Vault } from '../core/vault.ts'

/** Encrypts what may hold tokens while it waits: bodies of notifications, and what receivers answered to them. */
export interface Sealing {
  seal(delivery: Sealed, text: string): string
  /** Undefined when it was sealed under another master key, or altered. */
  open(delivery: Sealed, sealed: string): string | undefined
}

/** What a sealed text is bound to. */
interface Sealed {
  readonly id: string
  readonly endpoint: string
  readonly createdAt: Instant
}

export function openSealing(vault: Vault): Sealing {
  return {
    seal: (delivery, text) => vault.seal(purpose(delivery), text, context(delivery)),
    open: (delivery, sealed) => vault.open(purpose(delivery), sealed, context(delivery)),
  }
}

// A key for each day: random nonces are safe for 2^32 texts of one key, which a busy gateway would pass in weeks.
const DAY = 86_400_000
const purpose = ({ createdAt }: Sealed): string => `webhook-body:${Math.floor(createdAt / DAY)}`
const context = ({ id, endpoint }: Sealed): string => `${endpoint}/${id}`

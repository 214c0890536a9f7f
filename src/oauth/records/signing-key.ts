import type { Instant } from '../../core/clock.ts'
import { type Key, partitionOf, recordKind } from '../../store/store.ts'

/** A key that signs access tokens. What it is at an instant (announced, active, retired) follows from the ring. */
export interface SigningKeyRecord {
  /** RFC 7638 thumbprint. */
  readonly kid: string
  /** Coordinates of the public key on P-256 (RFC 7518 §6.2.1). */
  readonly x: string
  readonly y: string
  /** The private key, PKCS #8, sealed by the vault for this `kid`. */
  readonly sealed: string
  readonly createdAt: Instant
  /** From when it signs, until the next one does. */
  readonly activeAt: Instant
}

/** All keys of a store, those that sign first before those that sign later. */
export interface SigningRing {
  readonly keys: readonly SigningKeyRecord[]
}

const kind = recordKind<SigningRing>('signing-keys')
/** The one ring that every gateway on a store shares. */
export const SIGNING_RING: Key<SigningRing> = kind(partitionOf('ring'), 'ring')

import type { Instant } from '../../core/clock.ts'
import { equalSecrets, sha256 } from '../../core/digest.ts'
import { type Random, randomId } from '../../core/random.ts'
import { type Key, partitionOf, recordKind } from '../../store/store.ts'

/** What a key may do. `identity-server`: decide on logins (`authorize-client`) at its APIs, nothing else. */
export type KeyRole = 'identity-server'
export const KEY_ROLES = ['identity-server'] as const satisfies readonly KeyRole[]

/** Calls in a minute, where a key says nothing else. */
export const KEY_RATE = 6000

/** A credential for one purpose, so that a program that needs little does not hold the admin secret. */
export interface AdminKeyRecord {
  readonly id: string
  readonly name: string
  readonly role: KeyRole
  readonly apis: readonly string[]
  /** Calls in a minute. */
  readonly rateLimit?: number
  /** SHA-256 of the live keys, newest first; more than one only during a rotation. */
  readonly digests: readonly KeyDigest[]
  readonly createdAt: Instant
  readonly updatedAt: Instant
}

export interface KeyDigest {
  readonly digest: string
  readonly createdAt: Instant
  /** When a rotated key stops working. */
  readonly expiresAt?: Instant
}

const kind = recordKind<AdminKeyRecord>('admin-key')
export const adminKeyKey = (id: string): Key<AdminKeyRecord> => kind(partitionOf(id), id)
/** Index of all keys, in the order of their creation. */
export const ADMIN_KEYS_INDEX = 'admin-keys'

const KEY = /^gak_([A-Za-z0-9_-]{22})[A-Za-z0-9_-]{43}$/

export const newKeyId = (random: Random): string => randomId(random)

/** A key of 256 random bits that names its record; it is shown once and stored as a digest. */
export function mintKey(id: string, random: Random): string {
  return `gak_${id}${random(32).toString('base64url')}`
}

/** The id in a key; undefined for anything else. */
export function keyIdOf(text: string): string | undefined {
  return KEY.exec(text)?.[1]
}

/** Whether the text is one of the record's live keys. */
export function isLiveKey(text: string, record: AdminKeyRecord, now: Instant): boolean {
  const digest = sha256(text)
  let found = false
  for (const live of record.digests) {
    if (live.expiresAt === undefined || now < live.expiresAt) found = equalSecrets(live.digest, digest) || found
  }
  return found
}

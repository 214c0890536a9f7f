import type { Instant } from '../core/clock.ts'
import type { Commit, NewJob, Partition, Write } from '../store/store.ts'

/** Something that happened to a token. What is said of it to receivers is decided by `announce`. */
export interface TokenEvent {
  readonly type: 'oauth.token.issued' | 'oauth.token.refreshed' | 'oauth.token.revoked'
  readonly at: Instant
  readonly api: string
  readonly scheme: string
  readonly clientId: string
  readonly user?: string
  readonly scope: readonly string[]
  readonly grantType: string
  readonly grantId?: string
  /** Public name of the access token. */
  readonly tokenId: string
  readonly expiresAt: Instant
  /** The credentials themselves, for receivers that asked for them. Sealed before they are stored. */
  readonly code?: string
  readonly accessToken?: string
  readonly refreshToken?: string
  readonly oldRefreshToken?: string
}

/** What belongs into the commit that causes the event, so that neither exists without the other. */
export interface Announcement {
  readonly enqueue: readonly NewJob[]
  readonly writes: readonly Write[]
}

/** Turns events into deliveries. */
export interface Announcer {
  /** The part of a commit to `partition` that tells the receivers of the event's API of it; empty when there are none. */
  announce(partition: Partition, event: TokenEvent): Announcement
  /** Says that something was enqueued, so that delivery begins at once. */
  wake(): void
}

/** Adds an announcement to a commit. */
export function withAnnouncement(commit: Commit, announcement: Announcement): Commit {
  return {
    ...commit,
    enqueue: [...(commit.enqueue ?? []), ...announcement.enqueue],
    writes: [...(commit.writes ?? []), ...announcement.writes],
  }
}

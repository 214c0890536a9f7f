import type { Instant } from '../core/clock.ts'
import type { Commit, NewJob, Partition, Write } from '../store/store.ts'

/** Everything that receivers can be told of. */
export type GatewayEvent = TokenEvent | GrantEvent | ClientEvent
export type EventType = GatewayEvent['type']

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

/** A grant was ended, with every token that came from it. */
export interface GrantEvent {
  readonly type: 'oauth.grant.revoked'
  readonly at: Instant
  readonly api: string
  readonly scheme: string
  readonly clientId: string
  readonly user?: string
  readonly scope: readonly string[]
  readonly grantType: string
  readonly grantId: string
  readonly reason: 'user' | 'client' | 'admin' | 'code_replay' | 'refresh_replay'
}

/** A client was registered, changed, given a new secret, or removed; told to the receivers of all its APIs. */
export interface ClientEvent {
  readonly type: 'oauth.client.created' | 'oauth.client.updated' | 'oauth.client.rotated' | 'oauth.client.deleted'
  readonly at: Instant
  readonly apis: readonly string[]
  readonly clientId: string
  readonly clientType: 'confidential' | 'public'
  readonly name?: string
}

/** What belongs into the commit that causes the event, so that neither exists without the other. */
export interface Announcement {
  readonly enqueue: readonly NewJob[]
  readonly writes: readonly Write[]
}

/** Turns events into deliveries. */
export interface Announcer {
  /**
   * The part of a commit to `partition` that tells the receivers of the event's API of it; empty when there are none.
   * A commit that answers `full` means that a receiver's outbox is full and its policy is to refuse: say 503. Only
   * issues and refreshes are refused: what ends something is never put off, and there is never more of it than was issued.
   */
  announce(partition: Partition, event: GatewayEvent): Announcement
  /** Whether a receiver of an API would be told of such events; of tokens of `grantType`, where it matters. */
  listens(apiId: string, type: EventType, grantType?: string): boolean
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

/** The event of a grant's end; a grant record satisfies `grant`. */
export function grantRevoked(
  grant: Pick<GrantEvent, 'api' | 'scheme' | 'clientId' | 'scope' | 'grantType'> & {
    readonly id: string
    readonly subject: string
  },
  reason: GrantEvent['reason'],
  at: Instant,
): GrantEvent {
  const { api, scheme, clientId, scope, grantType } = grant
  return {
    type: 'oauth.grant.revoked',
    at,
    api,
    scheme,
    clientId,
    user: grant.subject,
    scope,
    grantType,
    grantId: grant.id,
    reason,
  }
}

/** The event of a change to a client; a client record satisfies `client`. */
export function clientChanged(
  change: 'created' | 'updated' | 'rotated' | 'deleted',
  client: {
    readonly clientId: string
    readonly type: 'confidential' | 'public'
    readonly apis: readonly string[]
    readonly name?: string
  },
  at: Instant,
): ClientEvent {
  const { clientId, type: clientType, apis, name } = client
  return { type: `oauth.client.${change}`, at, apis, clientId, clientType, ...(name === undefined ? {} : { name }) }
}

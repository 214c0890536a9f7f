import type { LogFields } from '../core/log.ts'
import type { Actor } from './admin-route.ts'

export interface AuditedCall {
  readonly actor: Actor
  readonly action: string
  /** What the call was about, beyond its path: ids that it made, what it decided. Never a secret. */
  readonly named?: Readonly<Record<string, unknown>>
  readonly path: string
  readonly status: number
  readonly address: string
}

/** Who did what, and what came of it: one line for every call that can change something. */
export function auditLine({ actor, action, named, path, status, address }: AuditedCall): LogFields {
  const who = actor.kind === 'key' ? { actor: actor.role, key: actor.id, keyName: actor.name } : { actor: actor.kind }
  return { audit: true, ...who, action, path: withoutTokens(path), status, address, ...named }
}

/** A call may name a token by itself; the line must not. */
const withoutTokens = (path: string): string => path.replace(/g[a-z]{2}_[\w-]{40,}|eyJ[\w-]+(?:\.[\w-]+)+/g, '[token]')

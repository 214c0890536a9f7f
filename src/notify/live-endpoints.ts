import type { NotificationSettings } from '../api/settings/notifications.ts'
import type { Log } from '../core/log.ts'
import type { Vault } from '../core/vault.ts'
import { type Endpoint, schemeEndpoints } from './endpoint.ts'

/** What a live document says of notifications, scheme by scheme. */
export interface NotifyingScheme {
  readonly api: string
  readonly scheme: string
  readonly settings: NotificationSettings | undefined
}

/** The receivers of everything that is live at one moment. Immutable. */
export interface LiveEndpoints {
  readonly all: readonly Endpoint[]
  /** Those of an API's scheme; of all its schemes when none is named. */
  of(api: string, scheme?: string): readonly Endpoint[]
}

/** Collects the receivers of all live schemes. */
export function liveEndpoints(vault: Vault, log: Log, schemes: Iterable<NotifyingScheme>): LiveEndpoints {
  const byApi = new Map<string, readonly Endpoint[]>()
  const byScheme = new Map<string, readonly Endpoint[]>()
  for (const { api, scheme, settings } of schemes) {
    const endpoints = schemeEndpoints(vault, log, api, scheme, settings)
    byScheme.set(`${api} ${scheme}`, endpoints)
    byApi.set(api, [...(byApi.get(api) ?? []), ...endpoints])
  }
  return {
    all: [...byApi.values()].flat(),
    of: (api, scheme) => (scheme === undefined ? byApi.get(api) : byScheme.get(`${api} ${scheme}`)) ?? [],
  }
}

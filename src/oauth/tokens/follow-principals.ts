import type { Store } from '../../store/store.ts'
import { tokenId } from '../records/access-token.ts'
import { concern } from './marked-cache.ts'
import { MARK } from './marks.ts'
import type { Principal } from './principal.ts'

/**
 * Calls `changed` whenever something was revoked or changed that concerns the principal: it must be looked up again.
 * Returns what ends that.
 */
export type FollowPrincipal = (principal: Principal, changed: () => void) => () => void

/** One watch on the store for all who are followed. */
export function followPrincipals(store: Store): { readonly follow: FollowPrincipal; close(): void } {
  const followers = new Map<string, Set<() => void>>()
  const watch = store.watch(({ topic, id }) => {
    const name = concern(topic, topic === MARK.token ? tokenId(id) : id)
    for (const changed of [...(followers.get(name) ?? [])]) changed()
  })
  return {
    follow(principal, changed) {
      const names = concernsOf(principal)
      for (const name of names) followers.set(name, (followers.get(name) ?? new Set()).add(changed))
      return () => {
        for (const name of names) {
          const there = followers.get(name)
          there?.delete(changed)
          if (there?.size === 0) followers.delete(name)
        }
      }
    },
    close: () => watch.close(),
  }
}

function concernsOf({ tokenId: id, grantId, clientId, consumer, subject, api }: Principal): string[] {
  return [
    ...(id === undefined ? [] : [concern(MARK.token, id)]),
    ...(grantId === undefined ? [] : [concern(MARK.grant, grantId)]),
    ...(clientId === undefined ? [] : [concern(MARK.client, clientId)]),
    ...(consumer === undefined ? [] : [concern(MARK.consumer, consumer.id)]),
    ...(subject === undefined || api === undefined ? [] : [concern(MARK.subject, `${api}:${subject}`)]),
  ]
}

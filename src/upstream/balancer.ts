import type { TargetHealth } from './target-health.ts'

/** One of several places that requests are shared among. */
export interface Balanced {
  /** Its share in proportion to the others'; 0 takes none. */
  readonly weight: number
  readonly health: TargetHealth
}

/**
 * Chooses who gets the next request: smooth weighted round robin, so that of weights 5, 1, 1 the first is not asked five
 * times in a row. Those that are unhealthy or whose circuit is open are left out; those that failed too often of late are
 * asked when nobody else is left; those in `tried` when nobody else is left either. Undefined when nobody may be asked.
 */
export type Balancer<T extends Balanced> = (tried: readonly T[]) => T | undefined

export function createBalancer<T extends Balanced>(members: readonly T[]): Balancer<T> {
  const [only] = members
  if (only && members.length === 1) return () => (only.health.isOpen() ? only : undefined)
  const current = new Map(members.map((member) => [member, 0]))
  const turn = (mayTake: (member: T) => boolean): T | undefined => {
    let total = 0
    let best: T | undefined
    let most = 0
    for (const member of members) {
      if (member.weight === 0 || !mayTake(member)) continue
      const credit = (current.get(member) ?? 0) + member.weight
      current.set(member, credit)
      total += member.weight
      if (best === undefined || credit > most) {
        best = member
        most = credit
      }
    }
    if (best) current.set(best, most - total)
    return best
  }
  return (tried) => {
    const isOpen = ({ health }: T): boolean => health.isOpen()
    const isFresh = (member: T): boolean => isOpen(member) && !tried.includes(member)
    return turn((member) => isFresh(member) && !member.health.isEjected()) ?? turn(isFresh) ?? turn(isOpen)
  }
}

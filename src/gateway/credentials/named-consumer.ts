import type { Principal } from '../../oauth/tokens/principal.ts'
import { StoreUnavailable } from '../../store/store.ts'

/** What is told upstream of the registered consumer of that id or name; undefined when there is none. */
export type FindConsumer = (reference: string) => Promise<Principal['consumer']>

type Consumer = Principal['consumer']

/**
 * Replaces a consumer that a document only names by the registered one of that id or name. One that is not registered stands
 * for itself; while the store does not answer, what was last known of it holds: the document, not the store, lets it in.
 */
export function consumerTeller(find: FindConsumer): (named: Principal) => Promise<Principal> {
  const told = new WeakMap<Principal, { readonly consumer: Consumer; readonly principal: Principal }>()
  return async (named) => {
    const last = told.get(named)
    const consumer = await registered(named.named ?? '', find, last?.consumer)
    if (last && same(last.consumer, consumer)) return last.principal
    const principal = consumer ? { ...named, consumer } : named
    told.set(named, { consumer, principal })
    return principal
  }
}

async function registered(name: string, find: FindConsumer, last: Consumer): Promise<Consumer> {
  try {
    return await find(name)
  } catch (error) {
    if (error instanceof StoreUnavailable) return last
    throw error
  }
}

const same = (a: Consumer, b: Consumer): boolean =>
  a?.id === b?.id && a?.customId === b?.customId && a?.username === b?.username

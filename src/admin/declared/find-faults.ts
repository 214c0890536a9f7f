import type { Diagnostic } from '../../core/diagnostic.ts'
import { clientKey } from '../../oauth/records/client.ts'
import { type ConsumerRecord, consumerNameKey, namesOf } from '../../oauth/records/consumer.ts'
import type { Store } from '../../store/store.ts'
import type { Library } from '../library.ts'
import { type Clash, clashWith } from './apply-consumer.ts'
import type { ApplyDeps } from './apply-deps.ts'
import type { DeclaredApplication, DeclaredConsumer } from './consumers-file.ts'
import { bearersOf, nameKeysOf } from './named-consumers.ts'
import type { At } from './read-consumers.ts'

/**
 * What is wrong with declared consumers beside what stands in the store and in the library, found by reading alone. Throws
 * `StoreUnavailable`.
 */
export async function findFaults(
  consumers: readonly DeclaredConsumer[],
  at: At,
  { services: { store }, library }: ApplyDeps,
): Promise<readonly Diagnostic[]> {
  const faults: Diagnostic[] = []
  const clashOf = clashFinder(store)
  for (const [index, consumer] of consumers.entries()) {
    const clash = await clashOf(consumer)
    if (clash) faults.push(consumerClash(at, index, clash))
    const taken = await takenIds(consumer.applications, store)
    for (const [place, application] of consumer.applications.entries()) {
      if (taken.has(application.client_id)) faults.push(applicationClash(at, index, place, application))
      faults.push(...unknownApis(at, index, place, application, library))
    }
  }
  return faults
}

/** A consumer that cannot be put. */
export const consumerClash = (at: At, index: number, { message, hint }: Clash): Diagnostic =>
  at('GW3401', ['consumers', index], message, hint)

/** An application whose client id belongs to a client that was registered in another way. */
export function applicationClash(at: At, index: number, place: number, application: DeclaredApplication): Diagnostic {
  const message = `the client id ${JSON.stringify(application.client_id)} was registered in another way`
  const path = ['consumers', index, 'applications', place, 'client_id']
  return at('GW3401', path, message, 'remove that client, or give this one another id')
}

/** For consumers in the order in which they are put: a name that one of them gives up is free for those after it. */
function clashFinder(store: Store): (consumer: DeclaredConsumer) => Promise<Clash | undefined> {
  const freed = new Set<string>()
  return async (consumer) => {
    const names = nameKeysOf(consumer)
    const bearers = await bearersOf(
      names.filter(({ id }) => !freed.has(id)),
      store,
    )
    const clash = clashWith(bearers)
    for (const { id } of clash ? [] : bearers.flatMap(({ value }) => storedNames(value))) {
      if (!names.some((name) => name.id === id)) freed.add(id)
    }
    return clash
  }
}

const storedNames = (consumer: ConsumerRecord): ReturnType<typeof consumerNameKey>[] =>
  namesOf(consumer).map(([field, name]) => consumerNameKey(field, name))

async function takenIds(applications: readonly DeclaredApplication[], store: Store): Promise<ReadonlySet<string>> {
  const clients = await store.get(applications.map(({ client_id }) => clientKey(client_id)))
  return new Set(clients.flatMap((one) => (one && one.value.declared === undefined ? [one.value.clientId] : [])))
}

function unknownApis(
  at: At,
  index: number,
  place: number,
  { apis = [] }: DeclaredApplication,
  library: Library,
): readonly Diagnostic[] {
  const path = ['consumers', index, 'applications', place, 'apis']
  return apis
    .filter((api) => !library.find(api))
    .map((api) => at('GW3403', path, `there is no API ${JSON.stringify(api)}`))
}

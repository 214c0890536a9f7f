import { type SharedCountsOptions, settle, type Tally, verdict } from './tally.ts'

/** What the store is to be told of. */
export interface Untold<L> {
  /** Soon: something was let through. */
  add(tally: Tally<L>): void
  /** At once: somebody waits. Requests of one turn go together. */
  askSoon(tally: Tally<L>): void
  /** Tells everything. */
  close(): Promise<void>
}

export function createUntold<L>(options: SharedCountsOptions<L>): Untold<L> {
  const waiting = new Set<Tally<L>>()
  let cancel: (() => void) | undefined
  let failing = false

  const schedule = (): void => {
    cancel ??= options.clock.after(options.delay, () => void tellAll())
  }
  const add = (tally: Tally<L>): void => {
    waiting.add(tally)
    schedule()
  }
  const tell = async (tally: Tally<L>): Promise<void> => {
    tally.asking = true
    waiting.delete(tally)
    const failure = await exchange(tally, options)
    if (failure !== undefined && !failing) {
      options.log.warn({ error: String(failure) }, 'what was counted cannot be told to the store')
    }
    failing = failure !== undefined
    if (tally.pending > 0) add(tally)
    if (tally.waiters.length > 0) askSoon(tally)
  }
  const askSoon = (tally: Tally<L>): void => {
    if (tally.asking) return // when that is answered, it is asked again
    tally.asking = true
    queueMicrotask(() => void tell(tally))
  }
  const tellAll = async (): Promise<void> => {
    cancel = undefined
    await Promise.all([...waiting].filter(({ asking }) => !asking).map(tell))
    if (waiting.size > 0) schedule()
  }
  return {
    add,
    askSoon,
    async close() {
      cancel?.()
      await tellAll()
      cancel?.()
    },
  }
}

/** One question and what follows from its answer. Resolves to what went wrong; then nothing that is pending is lost. */
async function exchange<L>(tally: Tally<L>, options: SharedCountsOptions<L>): Promise<unknown> {
  const { waiters } = tally
  tally.waiters = []
  tally.flying = tally.pending
  tally.pending = 0
  try {
    const told = await options.ask({ key: tally.key, limit: tally.limit, add: tally.flying, want: waiters.length })
    tally.flying = 0
    tally.asking = false
    settle(tally, told)
    for (const [at, { resolve }] of waiters.entries()) {
      resolve(verdict(tally, at < told.granted, options.most(tally.limit), options.clock.now()))
    }
    return undefined
  } catch (error) {
    tally.pending += tally.flying
    tally.flying = 0
    tally.asking = false
    for (const { reject } of waiters) reject(error)
    return error
  }
}

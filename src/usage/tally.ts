/** Upper bounds of the latency classes in milliseconds; the last class has none. */
export const LATENCY_BOUNDS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000]

/** What was counted for one API, operation and client. */
export interface Tally {
  /** Requests by status. */
  readonly statuses: Record<number, number>
  /** Requests by latency class. */
  readonly latencies: number[]
  /** Milliseconds, all together. */
  time: number
  /** Access tokens issued. */
  tokens: number
}

export const newTally = (): Tally => ({
  statuses: {},
  latencies: new Array<number>(LATENCY_BOUNDS.length + 1).fill(0),
  time: 0,
  tokens: 0,
})

export function count(tally: Tally, status: number, duration: number): void {
  const { statuses, latencies } = tally
  statuses[status] = (statuses[status] ?? 0) + 1
  let index = 0
  while (index < LATENCY_BOUNDS.length && duration > (LATENCY_BOUNDS[index] as number)) index++
  latencies[index] = (latencies[index] as number) + 1
  tally.time += duration
}

/** Adds what another tally counted. */
export function addTally(to: Tally, from: Tally): void {
  for (const [status, amount] of Object.entries(from.statuses)) {
    to.statuses[Number(status)] = (to.statuses[Number(status)] ?? 0) + amount
  }
  for (const [index, amount] of from.latencies.entries()) to.latencies[index] = (to.latencies[index] ?? 0) + amount
  to.time += from.time
  to.tokens += from.tokens
}

export interface TallyTotals {
  readonly requests: number
  /** Answers of 400 and above. */
  readonly errors: number
  /** Of 500 and above. */
  readonly serverErrors: number
}

export function totalsOf({ statuses }: Tally): TallyTotals {
  let [requests, errors, serverErrors] = [0, 0, 0]
  for (const [status, amount] of Object.entries(statuses)) {
    requests += amount
    if (Number(status) >= 400) errors += amount
    if (Number(status) >= 500) serverErrors += amount
  }
  return { requests, errors, serverErrors }
}

/**
 * The latency in milliseconds that `share` of the requests did not exceed, by linear interpolation within its class.
 * 0 where there are none; where it lies beyond the last bound, that bound.
 */
export function quantile({ latencies }: Tally, share: number): number {
  const wanted = share * latencies.reduce((sum, amount) => sum + amount, 0)
  let below = 0
  for (const [index, amount] of latencies.entries()) {
    const from = LATENCY_BOUNDS[index - 1] ?? 0
    const to = LATENCY_BOUNDS[index] ?? from
    if (amount > 0 && below + amount >= wanted) return from + ((wanted - below) / amount) * (to - from)
    below += amount
  }
  return 0
}

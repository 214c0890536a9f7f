import { addTally, count, newTally, type Tally } from './tally.ts'

/** What is counted apart. */
export interface UsageKey {
  /** `''` where no API listens. */
  readonly api: string
  /** `''` where the API has no such operation. */
  readonly operation: string
  /** `''` for nobody in particular. */
  readonly client: string
}

export interface UsageRow extends UsageKey {
  readonly tally: Tally
}

/** Stands for all clients, or operations, for which there is no room. */
export const OTHER = '(other)'

/** Tallies by API, operation and client, as many as there is room for. */
export class Slice {
  readonly #apis = new Map<string, Map<string, Map<string, Tally>>>()
  readonly #capacity: number
  #size = 0

  /** `capacity`: rows; beyond them clients, and then operations, count together. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#size
  }

  count(api: string, operation: string, client: string, status: number, duration: number): void {
    count(this.#tallyOf(api, operation, client), status, duration)
  }

  countToken(api: string, client: string): void {
    this.#tallyOf(api, '', client).tokens++
  }

  add({ api, operation, client, tally }: UsageRow): void {
    addTally(this.#tallyOf(api, operation, client), tally)
  }

  *rows(): Generator<UsageRow> {
    for (const [api, operations] of this.#apis) {
      for (const [operation, clients] of operations) {
        for (const [client, tally] of clients) yield { api, operation, client, tally }
      }
    }
  }

  #tallyOf(api: string, operation: string, client: string): Tally {
    const known = this.#apis.get(api)?.get(operation)?.get(client)
    if (known) return known
    if (this.#size < this.#capacity || (client === OTHER && operation === OTHER))
      return this.#make(api, operation, client)
    if (client !== OTHER) return this.#tallyOf(api, operation, OTHER)
    return this.#tallyOf(api, OTHER, OTHER)
  }

  #make(api: string, operation: string, client: string): Tally {
    const operations = this.#apis.get(api) ?? new Map<string, Map<string, Tally>>()
    const clients = operations.get(operation) ?? new Map<string, Tally>()
    const tally = newTally()
    this.#apis.set(api, operations.set(operation, clients.set(client, tally)))
    this.#size++
    return tally
  }
}

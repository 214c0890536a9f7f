import type { TestFn } from 'ava'
import type { Store } from '../../src/store/store.ts'
import type { HandClock } from '../_kit/clock.ts'
import { commitContract } from './contract/commits.ts'
import { indexContract } from './contract/indexes.ts'
import { jobContract } from './contract/jobs.ts'
import { markContract, sharedMarkContract } from './contract/marks.ts'
import { meterContract } from './contract/meters.ts'
import { recordContract } from './contract/records.ts'

/** A store of its own for one test, and what opens further handles on the same data, as other processes have them. */
export interface StoreWorld {
  readonly clock: HandClock
  readonly store: Store
  /** Undefined for a back end that no other process can share. */
  readonly another?: () => Promise<Store>
}

/** Opens a world that ends with the test. */
export type OpenWorld = (t: { teardown(end: () => void | Promise<void>): void }) => Promise<StoreWorld>

/** The promises of `Store`, as tests that every back end must pass. */
export function storeContract(test: TestFn, name: string, open: OpenWorld, sharing: 'shared' | 'alone'): void {
  for (const part of [recordContract, commitContract, indexContract, jobContract, markContract, meterContract])
    part(test, name, open)
  if (sharing === 'shared') sharedMarkContract(test, name, open)
}

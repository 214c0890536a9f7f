import type { Instant } from '../core/clock.ts'
import { SlidingWindow } from '../core/sliding-window.ts'
import type { Records } from './sqlite-records.ts'
import { type MeterAnswer, type MeterRequest, partitionOf, recordKind } from './store.ts'

/** What a window holds: instants and counts, oldest first. */
const windowKey = recordKind<readonly (readonly [Instant, number])[]>('window')

/** Asks a window that is kept as a record, inside a transaction. */
export function meterInRecords(records: Records, request: MeterRequest, now: Instant): MeterAnswer {
  const { name, rate, per, add, want } = request
  const key = windowKey(partitionOf(name), name)
  const window = SlidingWindow.from(records.read(key, now)?.value ?? [])
  const granted = Math.max(0, Math.min(want, rate - window.count(now, per) - add))
  if (add + granted > 0) {
    window.add(now, rate, add + granted)
    records.put(key, JSON.stringify(window.entries()), now + per, now)
  }
  const nextFree = window.nextFree(per)
  return { granted, count: window.count(now, per), ...(nextFree === undefined ? {} : { nextFree }) }
}

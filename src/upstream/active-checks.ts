import type { Clock } from '../core/clock.ts'
import type { TargetHealth } from './target-health.ts'

export interface ActiveSettings {
  /** Milliseconds. */
  readonly interval: number
  /** Milliseconds. */
  readonly timeout: number
  /** Statuses of a target that is well; every 2xx and 3xx by default. */
  readonly statuses?: readonly number[] | undefined
  readonly healthyAfter: number
  readonly unhealthyAfter: number
}

/** Asks a target once; the status it answered, undefined when it did not in time. Never rejects. */
export type Probe = (timeout: number) => Promise<number | undefined>

/** Checks one target again and again, beginning at once. Returns what ends that. */
export function checkActively(settings: ActiveSettings, health: TargetHealth, probe: Probe, clock: Clock): () => void {
  const { interval, timeout, statuses, healthyAfter, unhealthyAfter } = settings
  const isWell = (status: number | undefined): boolean =>
    status !== undefined && (statuses ? statuses.includes(status) : status >= 200 && status < 400)
  let stopped = false
  let inRow = 0
  let last: boolean | undefined
  let cancel = (): void => {}
  const check = async (): Promise<void> => {
    const well = isWell(await probe(timeout))
    if (stopped) return
    inRow = well === last ? inRow + 1 : 1
    last = well
    if (inRow >= (well ? healthyAfter : unhealthyAfter)) health.checked(well)
    cancel = clock.after(interval, () => void check())
  }
  void check()
  return () => {
    stopped = true
    cancel()
  }
}

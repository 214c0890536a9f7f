import type { Worker } from 'node:cluster'
import { endLostConnections } from './lost-connections.ts'
import { type Ended, type ProcessDeps, workerProcesses } from './worker-processes.ts'

/** A place for one worker: a worker that ends unasked is replaced. */
export interface WorkerSlot {
  /** The worker that serves or is about to. */
  current(): Worker | undefined
  /** Starts the first worker; resolves to the facts it gives when it serves, rejects with `WorkerEnded` when it never does. */
  start(): Promise<unknown>
  /** Starts another worker and, when it serves, lets the present one end; keeps the present one when that fails. */
  replace(): Promise<void>
  /** Lets the worker end, and those that are starting or ending with it; starts none any more. */
  stop(): Promise<void>
}

/** Milliseconds: a worker that ended unasked is replaced at once, unless it did not live long. */
const LONG_LIFE = 10_000
const FIRST_PAUSE = 200
const LONGEST_PAUSE = 10_000

export function workerSlot(number: number, deps: ProcessDeps): WorkerSlot {
  const { clock, log } = deps
  let current: Worker | undefined
  let stopping = false
  let shortLives = 0

  const ended: Ended = (worker, how, age) => {
    if (stopping || current !== worker) return // asked to end, or never came to serve
    log.error({ worker: number, pid: worker.process.pid, ...how }, 'a worker ended by itself; it is replaced')
    current = undefined
    shortLives = age < LONG_LIFE ? shortLives + 1 : 0
    revive(endLostConnections(clock))
  }
  const processes = workerProcesses(number, deps, ended)
  const revive = (endLost: () => void): void => {
    clock.after(pauseAfter(shortLives), () => {
      if (stopping) return
      if (current) return endLost() // one that was to replace the dead one serves
      processes.launch().then(
        ({ worker }) => {
          // Meanwhile one that was to replace the dead one may have come to serve: that is enough.
          if (current) void processes.end(worker)
          else current = worker
          endLost()
        },
        (error: unknown) => {
          if (stopping) return
          log.error({ worker: number, error: String(error) }, 'a worker does not start; it is tried again')
          shortLives++
          revive(endLost)
        },
      )
    })
  }
  return {
    current: () => current,
    async start() {
      const { worker, facts } = await processes.launch()
      current = worker
      return facts
    },
    async replace() {
      const before = current
      if (!before || stopping) return // it is being replaced already
      try {
        const { worker } = await processes.launch()
        const present = current
        current = worker
        if (present) await processes.end(present)
      } catch (error) {
        if (!stopping) throw error // else it was asked to end before it served
      }
    },
    async stop() {
      stopping = true
      await processes.endAll()
    },
  }
}

/** Milliseconds before the next worker, after so many in a row that did not live long. */
const pauseAfter = (shortLives: number): number =>
  shortLives === 0 ? 0 : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (shortLives - 1))

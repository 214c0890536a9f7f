import cluster, { type Worker } from 'node:cluster'
import type { Clock } from '../core/clock.ts'
import { asMessage, type Message } from './messages.ts'
import type { ProcessDeps } from './worker-processes.ts'
import { type WorkerSlot, workerSlot } from './worker-slot.ts'

/** Workers that serve one address, and what keeps them there. */
export interface Supervisor {
  /** What the first worker said of itself. */
  readonly facts: unknown
  /** Replaces one worker after the other: there are always as many as before, and none ends before another one serves. */
  restart(): Promise<void>
  /** Lets all workers finish what is in flight and end. */
  stop(): Promise<void>
}

/**
 * Starts `workers` copies of this program, which find a `workerLink`. The first one starts alone: what keeps it from serving
 * would keep the others as well. Rejects with `WorkerEnded` then. This process accepts connections and hands them out in turn.
 */
export async function supervise(workers: number, deps: ProcessDeps): Promise<Supervisor> {
  const slots = Array.from({ length: workers }, (_, at) => workerSlot(at + 1, deps))
  const reports = reportsOf(slots, deps.clock)
  cluster.on('message', reports.hear)
  const [first, ...others] = slots
  const facts = await first?.start()
  const stop = async (): Promise<void> => {
    await Promise.all(slots.map((slot) => slot.stop()))
    cluster.off('message', reports.hear)
  }
  try {
    await Promise.all(others.map((slot) => slot.start()))
  } catch (error) {
    await stop()
    throw error
  }
  let restarting: Promise<void> | undefined
  const restartAll = async (): Promise<void> => {
    for (const slot of slots) await slot.replace()
  }
  return {
    facts,
    stop,
    restart() {
      restarting ??= restartAll().finally(() => {
        restarting = undefined
      })
      return restarting
    },
  }
}

/** Milliseconds that workers may take for their reports; a busy one is left out. */
const REPORT_TIMEOUT = 1000

/** Gathers what workers report, for a worker that asked. */
function reportsOf(slots: readonly WorkerSlot[], clock: Clock) {
  let asked = 0
  const waiting = new Map<number, (report: unknown) => void>()
  const send = (worker: Worker, message: Message): void => {
    if (worker.isConnected()) worker.send(message, () => {}) // one that is just ending has nothing to say
  }
  const reportOf = (worker: Worker): Promise<unknown> =>
    new Promise((resolve) => {
      const id = ++asked
      const done = (report: unknown): void => {
        cancel()
        waiting.delete(id)
        resolve(report)
      }
      const cancel = clock.after(REPORT_TIMEOUT, () => done(undefined))
      waiting.set(id, done)
      send(worker, { gatehouse: 'report', id })
    })
  const collect = async (asking: Worker, id: number): Promise<void> => {
    const workers = slots.flatMap((slot) => slot.current() ?? [])
    const all = await Promise.all(workers.map(reportOf))
    send(asking, { gatehouse: 'collected', id, reports: all.filter((report) => report !== undefined) })
  }
  return {
    hear(worker: Worker, value: unknown): void {
      const message = asMessage(value)
      if (message?.gatehouse === 'reported') waiting.get(message.id)?.(message.report)
      if (message?.gatehouse === 'collect') void collect(worker, message.id)
    },
  }
}

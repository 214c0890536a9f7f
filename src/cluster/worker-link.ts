import cluster from 'node:cluster'
import type { Clock } from '../core/clock.ts'
import { asMessage, type Message } from './messages.ts'

/** A worker's line to the process that watches over it. */
export interface WorkerLink {
  /** 1 and up; a worker that replaces another one has its number. */
  readonly slot: number
  /** Says that this worker serves. */
  ready(facts: unknown): void
  /** What this worker reports when asked. */
  answer(report: () => Promise<unknown>): void
  /** The reports of all workers, this one included; without those that do not answer soon. */
  collect(): Promise<readonly unknown[]>
  /** Resolves when the primary process is gone: nobody hands over connections any more. */
  readonly orphaned: Promise<void>
  /** Lets the process end. */
  close(): void
}

/** Milliseconds after which an answer of the primary process no longer counts: it waits for others itself. */
const PATIENCE = 3000

/** Undefined in a process that is no worker. `slot`: the variable `GATEHOUSE_WORKER` of its environment. */
export function workerLink(slot: string | undefined, clock: Clock): WorkerLink | undefined {
  const { worker } = cluster
  if (!worker) return undefined
  worker.exitedAfterDisconnect = true // else Node ends it at once with its primary process, whatever is in flight
  let report = async (): Promise<unknown> => undefined
  let asked = 0
  const waiting = new Map<number, (reports: readonly unknown[]) => void>()
  const send = (message: Message): void => {
    if (process.connected) process.send?.(message)
  }
  process.on('message', (value) => {
    const message = asMessage(value)
    if (message?.gatehouse === 'collected') waiting.get(message.id)?.(message.reports)
    if (message?.gatehouse !== 'report') return
    const { id } = message
    report().then(
      (own) => send({ gatehouse: 'reported', id, report: own }),
      () => send({ gatehouse: 'reported', id, report: undefined }),
    )
  })
  return {
    slot: Number(slot ?? 1),
    ready: (facts) => send({ gatehouse: 'ready', facts }),
    answer(own) {
      report = own
    },
    collect() {
      const id = ++asked
      return new Promise((resolve) => {
        const done = (reports: readonly unknown[]): void => {
          cancel()
          waiting.delete(id)
          resolve(reports)
        }
        const cancel = clock.after(PATIENCE, () => done([]))
        waiting.set(id, done)
        send({ gatehouse: 'collect', id })
      })
    },
    orphaned: new Promise((resolve) => process.once('disconnect', () => resolve())),
    close() {
      if (process.connected) process.disconnect?.()
    },
  }
}

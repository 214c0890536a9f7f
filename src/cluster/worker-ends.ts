import type { Worker } from 'node:cluster'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'

export interface EndDeps {
  readonly clock: Clock
  readonly log: Log
  /** Milliseconds that a worker that is asked to end may take; then it is killed. */
  readonly endTimeout: number
}

/**
 * Lets workers end; resolves when one has. It finishes what is in flight itself; one that takes too long is killed. A worker is
 * asked once, however often this is called for it: the second signal would end it at once.
 */
export function workerEnds(deps: EndDeps): (worker: Worker) => Promise<void> {
  const asked = new WeakMap<Worker, Promise<void>>()
  return (worker) => {
    const ended = asked.get(worker) ?? end(worker, deps)
    asked.set(worker, ended)
    return ended
  }
}

function end(worker: Worker, { clock, log, endTimeout }: EndDeps): Promise<void> {
  if (worker.isDead()) return Promise.resolve()
  return new Promise((resolve) => {
    const kill = clock.after(endTimeout, () => {
      log.error({ pid: worker.process.pid }, 'a worker does not end; it is killed')
      worker.process.kill('SIGKILL')
    })
    worker.once('exit', () => {
      kill()
      resolve()
    })
    worker.process.kill('SIGTERM')
  })
}

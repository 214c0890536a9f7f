import cluster, { type Worker } from 'node:cluster'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { endLostConnections } from './lost-connections.ts'
import { asMessage } from './messages.ts'

export interface SlotDeps {
  readonly clock: Clock
  readonly log: Log
  /** Variables for the environment of a worker, besides those of this process. */
  readonly environment: Readonly<Record<string, string>>
  /** The variable in which a worker finds its number. */
  readonly variable: string
  /** Milliseconds that a worker that is asked to end may take; then it is killed. */
  readonly endTimeout: number
}

/** A place for one worker: a worker that ends unasked is replaced. */
export interface WorkerSlot {
  /** The worker that serves or is about to. */
  current(): Worker | undefined
  /** Starts the first worker; resolves to the facts it gives when it serves, rejects with `WorkerEnded`. */
  start(): Promise<unknown>
  /** Starts another worker and, when it serves, lets the present one end; keeps the present one when that fails. */
  replace(): Promise<void>
  /** Lets the worker end, and starts none any more. */
  stop(): Promise<void>
}

/** A worker ended before it served. */
export class WorkerEnded extends Error {
  override readonly name = 'WorkerEnded'
  readonly code: number

  constructor(code: number) {
    super(`a worker ended with ${code} before it served`)
    this.code = code
  }
}

/** Milliseconds for starting: reading thousands of documents takes its time. */
const START_TIMEOUT = 120_000
/** Milliseconds: a worker that ended unasked is replaced at once, unless it did not live long. */
const LONG_LIFE = 10_000
const FIRST_PAUSE = 200
const LONGEST_PAUSE = 10_000

export function workerSlot(number: number, deps: SlotDeps): WorkerSlot {
  const { clock, log } = deps
  let current: Worker | undefined
  let stopping = false
  let shortLives = 0

  const launch = (): Worker => {
    const worker = cluster.fork({ ...deps.environment, [deps.variable]: String(number) })
    const born = clock.now()
    worker.on('error', (error) => log.error({ worker: number, error: String(error) }, 'a worker cannot be reached'))
    worker.once('exit', (code, signal) => {
      if (stopping || current !== worker) return // asked to end, or never came to serve
      log.error({ worker: number, pid: worker.process.pid, code, signal }, 'a worker ended by itself; it is replaced')
      current = undefined
      shortLives = clock.now() - born < LONG_LIFE ? shortLives + 1 : 0
      revive(endLostConnections(clock))
    })
    return worker
  }
  const revive = (endLost: () => void): void => {
    const pause = shortLives === 0 ? 0 : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (shortLives - 1))
    clock.after(pause, () => {
      if (stopping || current) return
      serving(launch(), clock).then(
        ({ worker }) => {
          if (stopping) void end(worker, deps)
          else current = worker
          endLost()
        },
        (error: unknown) => {
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
      const { worker, facts } = await serving(launch(), clock)
      current = worker
      return facts
    },
    async replace() {
      const before = current
      if (!before || stopping) return // it is being replaced already
      const { worker } = await serving(launch(), clock)
      const present = current
      current = worker
      if (stopping) await end(worker, deps)
      if (present) await end(present, deps)
    },
    async stop() {
      stopping = true
      if (current) await end(current, deps)
    },
  }
}

function serving(worker: Worker, clock: Clock): Promise<{ readonly worker: Worker; readonly facts: unknown }> {
  return new Promise((resolve, reject) => {
    const tooLate = clock.after(START_TIMEOUT, () => worker.process.kill('SIGKILL'))
    worker.on('message', (value: unknown) => {
      const message = asMessage(value)
      if (message?.gatehouse !== 'ready') return
      tooLate()
      resolve({ worker, facts: message.facts })
    })
    worker.once('exit', (code) => {
      tooLate()
      reject(new WorkerEnded(code ?? 1))
    })
  })
}

/** What is in flight is finished by the worker itself; one that takes too long is killed. */
function end(worker: Worker, { clock, log, endTimeout }: SlotDeps): Promise<void> {
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

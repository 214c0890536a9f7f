import cluster, { type Worker } from 'node:cluster'
import { asMessage } from './messages.ts'
import { type EndDeps, workerEnds } from './worker-ends.ts'

export interface ProcessDeps extends EndDeps {
  /** Variables for the environment of a worker, besides those of this process. */
  readonly environment: Readonly<Record<string, string>>
  /** The variable in which a worker finds its number. */
  readonly variable: string
}

/** What a worker has come to when it serves: `facts` is what it says of itself. */
export interface Serving {
  readonly worker: Worker
  readonly facts: unknown
}

/** Called with a worker that has ended, how, and how many milliseconds it has lived. */
export type Ended = (worker: Worker, how: { readonly code: number; readonly signal: string }, age: number) => void

/** The processes of one number: usually one, two while one replaces another. */
export interface WorkerProcesses {
  /** Starts one; resolves when it serves, rejects with `WorkerEnded`, or with why the system makes no process. */
  launch(): Promise<Serving>
  /** Lets one end; resolves when it has. */
  end(worker: Worker): Promise<void>
  /** Lets all end, and those too that do not serve yet: they never will, for whoever launched them. */
  endAll(): Promise<void>
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

export function workerProcesses(number: number, deps: ProcessDeps, ended: Ended): WorkerProcesses {
  const { clock, log } = deps
  const living = new Set<Worker>()
  const end = workerEnds(deps)
  let ending = false
  return {
    async launch() {
      const worker = cluster.fork({ ...deps.environment, [deps.variable]: String(number) })
      const born = clock.now()
      if (isProcess(worker)) living.add(worker)
      worker.on('error', (error) => log.error({ worker: number, error: String(error) }, 'a worker cannot be reached'))
      worker.once('exit', (code, signal) => {
        living.delete(worker)
        ended(worker, { code, signal }, clock.now() - born)
      })
      const serves = await serving(worker, deps)
      if (!ending) return serves
      await end(worker)
      throw new WorkerEnded(worker.process.exitCode ?? 1)
    },
    end,
    async endAll() {
      ending = true
      await Promise.all([...living].map(end))
    },
  }
}

/** The system may have refused to make one: there are too many, or no file descriptors are left. */
const isProcess = (worker: Worker): boolean => worker.process.pid !== undefined

function serving(worker: Worker, { clock }: ProcessDeps): Promise<Serving> {
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
    worker.on('error', (error) => {
      if (isProcess(worker)) return
      tooLate()
      reject(error)
    })
  })
}

import cluster from 'node:cluster'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { supervise } from '../../src/cluster/supervise.ts'
import { WorkerEnded } from '../../src/cluster/worker-processes.ts'
import { workerSlot } from '../../src/cluster/worker-slot.ts'
import { systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import { until } from '../_kit/until.ts'

// One after the other: the workers of this process are those of the test.

cluster.setupPrimary({ exec: resolve(import.meta.dirname, 'slot-worker.ts'), args: [], execArgv: [] })

/** Workers that start when they are told to, and what a slot needs for them. */
function toldWorkers(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-slots-'))
  t.teardown(async () => {
    for (const pid of alive()) process.kill(pid, 'SIGKILL')
    await until(() => alive().length === 0)
    rmSync(folder, { recursive: true, force: true })
  })
  const launched = (number: number): number[] =>
    readdirSync(folder)
      .filter((name) => name.startsWith(`${number}-`))
      .map((name) => Number(name.slice(2)))
  /** Waits for a worker of that number that is not one of the `known`. */
  const next = async (number: number, ...known: readonly number[]): Promise<number> => {
    const found = () => launched(number).find((pid) => !known.includes(pid))
    await until(() => found() !== undefined)
    return found() ?? 0
  }
  return {
    deps: {
      clock: systemClock,
      log: silentLog,
      environment: { FOLDER: folder },
      variable: 'SLOT',
      endTimeout: 30_000,
    },
    next,
    tell: (pid: number, word: 'serve' | 'fail') => writeFileSync(join(folder, `${word}-${pid}`), ''),
  }
}

/** The process ids of the workers that live. */
const alive = (): number[] =>
  Object.values(cluster.workers ?? {}).flatMap((worker) =>
    worker && !worker.isDead() ? (worker.process.pid ?? []) : [],
  )

/** A slot whose worker serves. */
async function servingSlot(t: ExecutionContext) {
  const { deps, next, tell } = toldWorkers(t)
  const slot = workerSlot(1, deps)
  const started = slot.start()
  const first = await next(1)
  tell(first, 'serve')
  await started
  return { slot, first, next, tell }
}

test.serial('a worker that fails at the start takes those along that are still starting', async (t) => {
  const { deps, next, tell } = toldWorkers(t)
  const supervised = supervise(3, deps)
  tell(await next(1), 'serve')
  const [second, third] = await Promise.all([next(2), next(3)])
  tell(second, 'fail')
  const error = await t.throwsAsync(supervised, { instanceOf: WorkerEnded })
  t.is(error?.code, 3)
  tell(third, 'serve')
  t.deepEqual(alive(), [])
})

test.serial('a slot that is stopped while its worker starts has none afterwards', async (t) => {
  const { deps, next } = toldWorkers(t)
  const slot = workerSlot(1, deps)
  const started = t.throwsAsync(slot.start(), { instanceOf: WorkerEnded })
  await next(1)
  await slot.stop()
  t.deepEqual(alive(), [])
  await started
})

test.serial(
  'a slot that is stopped while its worker is being replaced ends both, and nothing has failed',
  async (t) => {
    const { slot, first, next } = await servingSlot(t)
    const replaced = slot.replace()
    await next(1, first)
    await slot.stop()
    t.deepEqual(alive(), [])
    await t.notThrowsAsync(replaced)
  },
)

test.serial('a worker that dies while it is being replaced leaves one worker, not two', async (t) => {
  const { slot, first, next, tell } = await servingSlot(t)
  const replaced = slot.replace()
  const replacement = await next(1, first)
  process.kill(first, 'SIGKILL')
  const revived = await next(1, first, replacement)
  tell(replacement, 'serve')
  await replaced
  t.is(slot.current()?.process.pid, replacement)
  tell(revived, 'serve')
  await until(() => alive().length === 1)
  t.deepEqual(alive(), [replacement])
  t.is(slot.current()?.process.pid, replacement)
  await slot.stop()
  t.deepEqual(alive(), [])
})

test.serial('a process that cannot be made is a worker that does not start, and holds up no end', async (t) => {
  const { deps } = toldWorkers(t)
  cluster.setupPrimary({ cwd: join(deps.environment.FOLDER, 'nowhere') })
  const slot = workerSlot(1, deps)
  try {
    await t.throwsAsync(slot.start(), { message: /ENOENT/ })
  } finally {
    cluster.setupPrimary({ cwd: process.cwd() })
  }
  await slot.stop()
  t.deepEqual(alive(), [])
})

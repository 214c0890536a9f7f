import { supervise } from '../../cluster/supervise.ts'
import { WorkerEnded } from '../../cluster/worker-processes.ts'
import { SettingsError } from '../../config/load.ts'
import { processLog } from '../../config/process-log.ts'
import type { Settings } from '../../config/settings.ts'
import { systemClock } from '../../core/clock.ts'
import { keepAlive } from '../../core/keep-alive.ts'
import type { Io } from '../command.ts'
import { type GatewayFacts, introduction } from './introduction.ts'

/** Where a worker finds its number. */
export const WORKER_VARIABLE = 'GATEHOUSE_WORKER'

/** Milliseconds beyond the drain timeout that a worker may take to end. */
const AFTER_DRAIN = 5000

/** Serves with several workers until the process is asked to end; SIGHUP replaces them one after the other. */
export async function serveTogether(settings: Settings, io: Io): Promise<number> {
  if (settings.store.startsWith('memory:')) {
    throw new SettingsError('--store memory: is of one process only: workers need sqlite:PATH or redis://…')
  }
  const log = processLog(settings.logLevel)
  const letGo = keepAlive()
  const stopping = io.stopped()
  // Before anything is said: whoever has heard that it serves may ask for new workers, and unheard that signal kills.
  let restart = async (): Promise<void> => log.info({}, 'the workers are just starting')
  io.hangups?.(() => {
    restart().catch((error: unknown) =>
      log.error({ error: String(error) }, 'a new worker does not start; the present ones go on'),
    )
  })
  try {
    const supervisor = await supervise(settings.workers, {
      clock: systemClock,
      log,
      // Made at this start: all workers must know the same one.
      environment: settings.adminSecretGenerated ? { GATEHOUSE_ADMIN_SECRET: settings.adminSecret.reveal() } : {},
      variable: WORKER_VARIABLE,
      endTimeout: settings.limits.drainTimeout + AFTER_DRAIN,
    })
    restart = async () => {
      await supervisor.restart()
      log.info({ workers: settings.workers }, 'all workers have been replaced')
    }
    io.stderr(introduction(supervisor.facts as GatewayFacts, settings))
    await stopping
    await supervisor.stop()
    return 0
  } catch (error) {
    if (error instanceof WorkerEnded) return error.code // it has said why
    throw error
  } finally {
    letGo()
  }
}

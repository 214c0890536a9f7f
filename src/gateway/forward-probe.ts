import type { Dispatcher } from 'undici'
import type { Clock } from '../core/clock.ts'
import type { Target } from '../upstream/target.ts'
import type { UpstreamPool } from './forward-pools.ts'

/**
 * Asks a target with GET over its own connections. The status of its answer; undefined when none has come after `timeout`
 * milliseconds, or none can. Never rejects.
 */
export function probeTarget(
  pool: UpstreamPool,
  target: Target,
  path: string,
  timeout: number,
  clock: Clock,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    let over = false
    let controller: Dispatcher.DispatchController | undefined
    const end = (status: number | undefined): void => {
      if (over) return
      over = true
      cancel()
      pool.release()
      resolve(status)
    }
    const cancel = clock.after(timeout, () => {
      end(undefined)
      controller?.abort(new Error('the check took too long'))
    })
    const headers = ['User-Agent', 'Gatehouse-Health-Check', 'Accept', '*/*']
    const busy = pool.dispatch(
      { path, method: 'GET', headers, ...{ servername: target.serverName } },
      {
        onRequestStart(started) {
          if (over) throw new Error('the check is over')
          controller = started
        },
        onResponseStart(_, status) {
          if (status >= 200) end(status)
        },
        onResponseData() {},
        onResponseEnd() {},
        onResponseError: () => end(undefined),
      },
    )
    if (busy) end(undefined)
  })
}

import { setTimeout as sleep } from 'node:timers/promises'
import { startCluster } from '../../_kit/redis.ts'
import { settleAccount } from '../account.ts'
import { startFleet } from '../fleet.ts'
import { newLedger } from '../ledger.ts'
import { recovery, SILENCE, startTraffic } from '../traffic.ts'
import type { Scenario } from './scenario.ts'

/** A third of the keys is away until the node is back; the cluster itself goes on with the others. */
export const clusterNodeLost: Scenario = {
  name: 'one of three masters of a Redis Cluster is killed and comes back',
  async run(t, effort) {
    const cluster = await startCluster(3, 1000)
    t.teardown(() => cluster.stop())
    for (const node of cluster.nodes) await node.admin().config('SET', 'cluster-require-full-coverage', 'no')
    const fleet = await startFleet(t, 2, cluster.url.replace(/\?.*/, ''))
    const ledger = newLedger()
    const traffic = startTraffic(fleet, ledger, { issuers: 3, checkers: 3, revokers: 1, pause: 10, known: SILENCE })
    await sleep(4000 * effort)
    const [, lost] = cluster.nodes
    await lost?.signal('SIGKILL')
    await sleep(6000 * effort)
    await lost?.restart()
    const took = await recovery(fleet)
    await sleep(3000)
    await traffic.stop()
    await sleep(1000)
    const account = await settleAccount(fleet, ledger)
    return { ...account, lines: [`back after ${Math.round(took)} ms`, ...account.lines] }
  },
}

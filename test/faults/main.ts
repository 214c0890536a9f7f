import { clusterNodeLost } from './scenarios/cluster-node-lost.ts'
import { fullDisk } from './scenarios/full-disk.ts'
import { networkCut } from './scenarios/network-cut.ts'
import { redisFrozen, redisKilled } from './scenarios/redis-down.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { staleness } from './scenarios/staleness.ts'
import { workerKilled } from './scenarios/worker-killed.ts'
import { openStage } from './stage.ts'

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  staleness,
  'redis-killed': redisKilled,
  'redis-frozen': redisFrozen,
  'cluster-node-lost': clusterNodeLost,
  'network-cut': networkCut,
  'full-disk': fullDisk,
  'worker-killed': workerKilled,
}

/** `npm run faults [-- NAME…] [--effort=0.5]`: breaks things under load and says what was lost. Exit code 1: something was. */
async function main(args: readonly string[]): Promise<number> {
  const effort = Number(args.find((arg) => arg.startsWith('--effort='))?.slice('--effort='.length) ?? 1)
  const names = args.filter((arg) => !arg.startsWith('--'))
  const unknown = names.filter((name) => !Object.hasOwn(SCENARIOS, name))
  if (unknown.length > 0) {
    console.error(`There is no scenario ${unknown.join(', ')}; there are ${Object.keys(SCENARIOS).join(', ')}.`)
    return 2
  }
  let broken = 0
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    if (names.length === 0 || names.includes(name)) broken += await perform(scenario, effort)
  }
  return broken > 0 ? 1 : 0
}

async function perform(scenario: Scenario, effort: number): Promise<number> {
  console.log(`\n${scenario.name}`)
  const missing = scenario.missing?.()
  if (missing !== undefined) {
    console.log(`  NOT RUN: it needs ${missing}`)
    return 0
  }
  const stage = openStage()
  try {
    const { lines, broken } = await scenario.run(stage.context, effort)
    for (const line of lines) console.log(`  ${line}`)
    for (const promise of broken) console.log(`  BROKEN: ${promise}`)
    if (broken.length === 0) console.log('  kept: nothing was lost, no answer was wrong')
    return broken.length
  } finally {
    await stage.clear()
  }
}

process.exitCode = await main(process.argv.slice(2))

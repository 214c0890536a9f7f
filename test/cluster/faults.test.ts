import test from 'ava'
import { redisKilled } from '../faults/scenarios/redis-down.ts'
import type { Scenario } from '../faults/scenarios/scenario.ts'
import { stalenessOnBusyMachine } from '../faults/scenarios/staleness.ts'

// `npm run faults` does the same for longer, breaks more, and asks for a revocation to be known within a second at worst.

const kept = (scenario: Scenario, effort: number) =>
  test.serial(`${scenario.name}: nothing is lost, nobody is told anything wrong`, async (t) => {
    t.timeout(240_000)
    const { lines, broken } = await scenario.run(t, effort)
    for (const line of lines) t.log(line)
    t.deepEqual(broken, [])
  })

kept(redisKilled, 0.15)
kept(stalenessOnBusyMachine, 0.05)

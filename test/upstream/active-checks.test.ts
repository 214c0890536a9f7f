import test from 'ava'
import { checkActively } from '../../src/upstream/active-checks.ts'
import { createTargetHealth } from '../../src/upstream/target-health.ts'
import { handClock } from '../_kit/clock.ts'

async function checked(statuses?: readonly number[]) {
  const clock = handClock()
  const health = createTargetHealth({}, clock, () => {})
  const asked: number[] = []
  let answer: number | undefined = 200
  const probe = async (timeout: number) => {
    asked.push(timeout)
    return answer
  }
  const settings = { interval: 1000, timeout: 200, statuses, healthyAfter: 2, unhealthyAfter: 3 }
  const stop = checkActively(settings, health, probe, clock)
  await clock.advance(0) // the first check is over
  return {
    clock,
    asked,
    stop,
    /** The state after so many more checks that are answered so. */
    async after(status: number | undefined, checks: number) {
      answer = status
      await clock.advance(checks * 1000)
      return health.state
    },
  }
}

test('checks that agree, so many in a row, decide; a target is well until then', async (t) => {
  const { after } = await checked()
  t.is(await after(500, 2), 'healthy')
  t.is(await after(204, 1), 'healthy')
  t.is(await after(undefined, 2), 'healthy')
  t.is(await after(404, 1), 'unhealthy')
  t.is(await after(302, 1), 'unhealthy')
  t.is(await after(200, 1), 'healthy')
})

test('a document may say which answers are good', async (t) => {
  const { after } = await checked([418])
  t.is(await after(200, 3), 'unhealthy')
  t.is(await after(418, 2), 'healthy')
})

test('it asks at once, then at each interval, and no more when it is stopped', async (t) => {
  const { clock, asked, stop } = await checked()
  t.deepEqual(asked, [200])
  await clock.advance(3000)
  t.is(asked.length, 4)
  stop()
  await clock.advance(3000)
  t.is(asked.length, 4)
})

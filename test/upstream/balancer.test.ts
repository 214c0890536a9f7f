import test from 'ava'
import { createBalancer } from '../../src/upstream/balancer.ts'
import { createTargetHealth, type HealthEvent } from '../../src/upstream/target-health.ts'
import { handClock } from '../_kit/clock.ts'

const SETTINGS = { passive: { failures: 2, ejectFor: 10_000, statuses: [503] } }

function group(
  weights: Readonly<Record<string, number>>,
  settings: Parameters<typeof createTargetHealth>[0] = SETTINGS,
) {
  const clock = handClock(1_000_000)
  const events: string[] = []
  const members = Object.entries(weights).map(([name, weight]) => ({
    name,
    weight,
    health: createTargetHealth(settings, clock, (event: HealthEvent) => events.push(`${name} ${event}`)),
  }))
  const pick = createBalancer(members)
  const health = (name: string) => members.find((member) => member.name === name)?.health ?? members[0]?.health
  return {
    clock,
    events,
    /** The names of the next choices. */
    next: (count: number) => Array.from({ length: count }, () => pick([])?.name ?? '-').join(''),
    without: (...tried: string[]) => pick(members.filter(({ name }) => tried.includes(name)))?.name,
    ends: (name: string, result: number | 'failed' | 'unknown') => health(name)?.ended(result, false),
    checked: (name: string, isHealthy: boolean) => health(name)?.checked(isHealthy),
  }
}

test('each target gets its share, evenly spread; weight 0 takes none', (t) => {
  t.is(group({ a: 5, b: 1, c: 1 }).next(14), 'aabacaaaabacaa')
  t.is(group({ a: 1, b: 1 }).next(4), 'abab')
  t.is(group({ a: 1, b: 0 }).next(3), 'aaa')
})

test('a target that active checks find unwell gets nothing until they find it well; when all are, nobody is asked', (t) => {
  const { next, checked, events } = group({ a: 1, b: 1 })
  checked('a', false)
  t.is(next(3), 'bbb')
  checked('b', false)
  t.is(next(1), '-')
  checked('a', true)
  t.is(next(2), 'aa')
  t.deepEqual(events, ['a unhealthy', 'b unhealthy', 'a healthy'])
})

test('failures in a row take a target out for a while, longer each time; one success resets the count', async (t) => {
  const { clock, next, ends, events } = group({ a: 1, b: 1 })
  for (const result of [503, 404, 503, 'unknown'] as const) ends('a', result)
  t.deepEqual(events, [])
  ends('a', 'failed')
  t.deepEqual(events, ['a ejected'])
  t.is(next(3), 'bbb')
  await clock.advance(10_000)
  t.true(next(2).includes('a'))
  ends('a', 'failed') // one chance
  await clock.advance(19_999)
  t.is(next(2), 'bb')
  await clock.advance(1)
  ends('a', 200)
  ends('a', 'failed')
  t.true(next(2).includes('a'))
})

test('the last target that is left is never taken out for its failures', (t) => {
  const { next, ends } = group({ a: 1, b: 1 })
  for (const name of ['a', 'a', 'b', 'b']) ends(name, 'failed')
  t.is([...next(4)].sort().join(''), 'aabb')
})

test('who was tried is asked again only when nobody else is left', (t) => {
  const { without, checked } = group({ a: 1, b: 1, c: 1 })
  t.is(without('a', 'b'), 'c')
  checked('c', false)
  t.is(without('a'), 'b')
  t.true(['a', 'b'].includes(without('a', 'b') ?? ''))
})

test('a target whose circuit is open gets nothing, and then one request', async (t) => {
  const breaker = { threshold: 0.5, sampleSize: 1, window: 10_000, coolDown: 5_000, statuses: [500] }
  const { clock, next, ends } = group({ a: 1 }, { breaker })
  ends('a', 500)
  t.is(next(1), '-')
  await clock.advance(5_000)
  t.is(next(1), 'a')
})

import test from 'ava'
import fc from 'fast-check'
import { partOf, SlidingWindow } from '../../src/core/sliding-window.ts'

/** Steps of a clock that is moved by hand: how far, and how many requests come then. */
const traffic = fc.array(fc.tuple(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 0, max: 60 })), {
  minLength: 1,
  maxLength: 120,
})

/** What an exact window knows: when each request was let through. */
function play(rate: number, per: number, steps: readonly (readonly [number, number])[]) {
  const window = new SlidingWindow()
  const admitted: number[] = []
  const refusedAt: { readonly now: number; readonly inWindow: number }[] = []
  let now = 1_000_000
  for (const [wait, requests] of steps) {
    now += wait
    for (let request = 0; request < requests; request++) {
      const inWindow = admitted.filter((at) => at > now - per).length
      if (window.count(now, per) < rate) {
        window.add(now, rate)
        admitted.push(now)
      } else refusedAt.push({ now, inWindow })
    }
  }
  return { admitted, refusedAt }
}

test('no window of the length of a limit ever holds more than its rate', (t) => {
  const property = fc.property(fc.integer({ min: 1, max: 400 }), traffic, (rate, steps) => {
    const { admitted } = play(rate, 1000, steps)
    return admitted.every((at) => admitted.filter((other) => other > at - 1000 && other <= at).length <= rate)
  })
  t.notThrows(() => fc.assert(property, { numRuns: 150 }))
})

test('a request is refused only when the window is full, to less than 1 % of the rate', (t) => {
  const property = fc.property(fc.integer({ min: 1, max: 400 }), traffic, (rate, steps) => {
    const { refusedAt } = play(rate, 1000, steps)
    return refusedAt.every(({ inWindow }) => inWindow > rate - partOf(rate))
  })
  t.notThrows(() => fc.assert(property, { numRuns: 150 }))
  t.true((partOf(400) - 1) / 400 < 0.01)
  t.is(partOf(128), 1, 'small limits are exact to the request')
})

test('what is written down and read again counts the same', (t) => {
  const window = new SlidingWindow()
  for (let at = 0; at < 500; at++) window.add(at * 3, 300)
  const again = SlidingWindow.from(window.entries())
  for (const now of [1500, 1800, 2300, 2600]) t.is(again.count(now, 1000), window.count(now, 1000))
})

test('a clock that is set back lets nothing through that was not let through before', (t) => {
  const window = new SlidingWindow()
  for (let index = 0; index < 5; index++) window.add(10_000, 10)
  for (let index = 0; index < 5; index++) window.add(9000, 10)
  t.is(window.count(10_500, 1000), 10)
  t.is(window.count(11_000, 1000), 0)
})

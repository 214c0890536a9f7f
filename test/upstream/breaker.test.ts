import test from 'ava'
import { createBreaker } from '../../src/upstream/breaker.ts'
import { handClock } from '../_kit/clock.ts'

function breaker(changes: object = {}) {
  const clock = handClock(1_000_000)
  const heard: boolean[] = []
  const settings = { threshold: 0.5, sampleSize: 4, window: 10_000, coolDown: 30_000, ...changes }
  const circuit = createBreaker(settings, clock, (isOpen) => heard.push(isOpen))
  const ends = (...outcomes: ('succeeded' | 'failed' | 'unknown')[]) => {
    for (const outcome of outcomes) circuit.ended(outcome, circuit.begun())
  }
  return { clock, circuit, heard, ends }
}

test('it opens when the share of failures reaches the threshold, and not before the sample is large enough', (t) => {
  const { circuit, ends, heard } = breaker()
  ends('failed', 'failed', 'failed')
  t.is(circuit.state, 'closed')
  ends('unknown', 'unknown')
  t.is(circuit.state, 'closed')
  ends('succeeded')
  t.is(circuit.state, 'open')
  t.false(circuit.allows())
  t.is(circuit.retryAfter(), 30_000)
  t.deepEqual(heard, [true])
})

test('what lies before the window does not count', async (t) => {
  const { clock, circuit, ends } = breaker()
  ends('failed', 'failed', 'failed')
  await clock.advance(11_000)
  ends('failed')
  t.is(circuit.state, 'closed')
})

test('after the cool-down one request at a time tries: success closes, failure opens, and an unknown end lets another try', async (t) => {
  const { clock, circuit, ends, heard } = breaker({ sampleSize: 1 })
  ends('failed')
  await clock.advance(30_000)
  t.is(circuit.state, 'halfOpen')
  const tried = circuit.begun()
  t.true(tried)
  t.false(circuit.allows())
  circuit.ended('unknown', tried)
  t.true(circuit.allows())
  ends('failed')
  t.is(circuit.state, 'open')
  await clock.advance(30_000)
  ends('succeeded')
  t.is(circuit.state, 'closed')
  t.deepEqual(heard, [true, false])
})

test('requests that were sent before it opened decide nothing when they end', async (t) => {
  const { clock, circuit, ends } = breaker({ sampleSize: 1 })
  const early = circuit.begun()
  ends('failed')
  circuit.ended('succeeded', early)
  t.is(circuit.state, 'open')
  await clock.advance(30_000)
  const tried = circuit.begun()
  circuit.ended('succeeded', early)
  t.is(circuit.state, 'halfOpen')
  circuit.ended('succeeded', tried)
  t.is(circuit.state, 'closed')
})

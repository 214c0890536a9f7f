import test from 'ava'
import type { SigningKeyRecord, SigningRing } from '../../../src/oauth/records/signing-key.ts'
import {
  ANNOUNCED_FOR,
  activeKey,
  advanced,
  RETIRED_FOR,
  rotatedNow,
  SIGNS_FOR,
  stateOf,
  without,
} from '../../../src/oauth/signing/ring.ts'

/** Makes keys `k1`, `k2`, … */
function maker() {
  let count = 0
  return (activeAt: number): SigningKeyRecord => {
    count += 1
    return { kid: `k${count}`, x: '', y: '', sealed: '', createdAt: 0, activeAt }
  }
}

const states = (ring: SigningRing, now: number) => ring.keys.map((key) => [key.kid, stateOf(key, ring, now)])

test('a key signs 90 days, its successor is announced 14 days before, and it is published 30 days longer', (t) => {
  const make = maker()
  let ring = advanced({ keys: [] }, 0, make)
  t.deepEqual(states(ring, 0), [['k1', 'active']])
  t.is(advanced(ring, SIGNS_FOR - ANNOUNCED_FOR - 1, make), ring)
  ring = advanced(ring, SIGNS_FOR - ANNOUNCED_FOR, make)
  t.deepEqual(states(ring, SIGNS_FOR - 1), [
    ['k1', 'active'],
    ['k2', 'announced'],
  ])
  t.deepEqual(states(ring, SIGNS_FOR), [
    ['k1', 'retired'],
    ['k2', 'active'],
  ])
  t.is(advanced(ring, SIGNS_FOR + RETIRED_FOR - 1, make), ring)
  ring = advanced(ring, SIGNS_FOR + RETIRED_FOR, make)
  t.deepEqual(states(ring, SIGNS_FOR + RETIRED_FOR), [['k2', 'active']])
})

test('after a long sleep the old key signs on until its successor was announced long enough', (t) => {
  const make = maker()
  const late = 3 * SIGNS_FOR
  const ring = advanced(advanced({ keys: [] }, 0, make), late, make)
  t.is(activeKey(ring, late)?.kid, 'k1')
  t.is(activeKey(ring, late + ANNOUNCED_FOR - 1)?.kid, 'k1')
  t.is(activeKey(ring, late + ANNOUNCED_FOR)?.kid, 'k2')
})

test('a rotation by hand uses the key that is announced already, and keeps the old one published', (t) => {
  const make = maker()
  let ring = rotatedNow(advanced({ keys: [] }, 0, make), 10, make)
  t.deepEqual(states(ring, 10), [
    ['k1', 'retired'],
    ['k2', 'active'],
  ])
  ring = advanced(ring, 10 + SIGNS_FOR - ANNOUNCED_FOR, make)
  const now = 11 + SIGNS_FOR - ANNOUNCED_FOR
  t.is(activeKey(rotatedNow(ring, now, make), now)?.kid, 'k3')
})

test('a key that is no longer trusted is gone, and another signs at once', (t) => {
  const make = maker()
  const ring = advanced({ keys: [] }, 0, make)
  t.deepEqual(states(without(ring, 'k1', 5, make), 5), [['k2', 'active']])
  const two = rotatedNow(ring, 5, make)
  t.deepEqual(states(without(two, 'k1', 6, make), 6), [['k3', 'active']])
  t.deepEqual(without(ring, 'other', 5, make), ring)
})

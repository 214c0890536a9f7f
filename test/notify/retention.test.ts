import test from 'ava'
import { openRetention } from '../../src/notify/retention.ts'
import { handClock } from '../_kit/clock.ts'

const HOUR = 3_600_000

test('at a low rate things are kept as long as is wanted, at a high one never more than the limit', async (t) => {
  const clock = handClock()
  const retention = openRetention(clock, 1000)
  t.is(retention.expiry('quiet', HOUR) - clock.now(), HOUR)
  const expiries: number[] = []
  // 100 a second for a minute: at most 1 000 may live at the same time, that is for ten seconds each.
  for (let step = 0; step < 6000; step++) {
    expiries.push(retention.expiry('busy', HOUR))
    await clock.advance(10)
  }
  const alive = expiries.filter((expiry) => expiry > clock.now()).length
  t.true(alive >= 900 && alive <= 1300, String(alive))
  t.is(retention.expiry('quiet', HOUR) - clock.now(), HOUR, 'each endpoint for itself')
})

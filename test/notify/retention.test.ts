import test from 'ava'
import { openRetention } from '../../src/notify/retention.ts'
import { handClock } from '../_kit/clock.ts'

const HOUR = 3_600_000

test('however many end at once, up to the limit each is kept as long as is wanted', async (t) => {
  const clock = handClock()
  const retention = openRetention(clock, 1000)
  const burst = () => Array.from({ length: 1000 }, () => retention.expiry('busy', HOUR) - clock.now())
  t.true(burst().every((kept) => kept === HOUR))
  t.true(retention.expiry('busy', HOUR) - clock.now() < HOUR, 'one more is one too many')
  t.is(retention.expiry('quiet', HOUR) - clock.now(), HOUR, 'each endpoint for itself')
  await clock.advance(HOUR)
  t.true(
    burst().every((kept) => kept === HOUR),
    'the first ones are gone, and make room',
  )
})

test('where more end than are to be kept, those beyond the limit go sooner, and are few at any time', async (t) => {
  const clock = handClock()
  const retention = openRetention(clock, 1000)
  const expiries: number[] = []
  // 100 a second for a minute: of the five thousand beyond the limit a hundred live at the same time, each for a second.
  for (let step = 0; step < 6000; step++) {
    expiries.push(retention.expiry('busy', HOUR))
    await clock.advance(10)
  }
  const alive = expiries.filter((expiry) => expiry > clock.now()).length
  t.true(alive >= 1000 && alive <= 1150, String(alive))
  t.true((expiries.at(-1) ?? 0) > clock.now() + 500, 'the newest is there for a while')
})

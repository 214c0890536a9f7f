import test from 'ava'
import { calmLog } from '../../src/core/calm-log.ts'
import { type LogFields, silentLog } from '../../src/core/log.ts'
import { handClock } from '../_kit/clock.ts'

test('of one kind of warning the first twenty of a second are written, and then how many were left out', async (t) => {
  const clock = handClock()
  const lines: [LogFields, string][] = []
  const errors: string[] = []
  const log = calmLog(
    {
      ...silentLog,
      warn: (fields, message) => void lines.push([fields, message]),
      error: (_, message) => void errors.push(message),
    },
    clock,
  )
  for (let count = 0; count < 500; count++)
    log.warn({ code: 'temporarily_unavailable', request_id: String(count) }, 'not served')
  log.warn({ code: 'bad_gateway' }, 'not served')
  for (let count = 0; count < 50; count++) log.error({}, 'failed')
  t.is(lines.length, 21)
  t.is(errors.length, 50)
  await clock.advance(1000)
  t.deepEqual(lines.at(-1), [
    { kind: 'not served: temporarily_unavailable', left_out: 480 },
    'more warnings of one kind were left out',
  ])
  log.warn({ code: 'temporarily_unavailable' }, 'not served')
  t.is(lines.length, 23)
})

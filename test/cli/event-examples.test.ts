import test from 'ava'
import { NOTIFICATION_EVENTS } from '../../src/api/settings/notifications.ts'
import { eventExamples } from '../../src/cli/docs/event-examples.ts'

test('the docs show every event with an example and its schema', (t) => {
  const text = eventExamples()
  for (const type of [...NOTIFICATION_EVENTS, 'webhook.test']) {
    t.true(text.includes(`schemas/events/${type}.json`), type)
    t.true(text.includes(`"type": "${type}"`), type)
  }
})

import { duration } from '../../api/settings/field.ts'
import { definePolicy } from './policy.ts'

/** Gives an operation another time limit than its upstream's. */
export const timeout = definePolicy({
  name: 'timeout',
  settings: duration({
    title: 'Timeout',
    description:
      'Time until the response headers must have arrived, instead of the upstream’s `timeout.total`; then 504.',
    examples: ['2s', '2m'],
  }),
  create: (milliseconds) => (call) => {
    call.timeout = milliseconds
    return undefined
  },
})

import { retriesSettings } from '../../api/settings/load-balancing.ts'
import { definePolicy } from './policy.ts'

/** Gives an operation other rules for sending requests again than its upstream's. */
export const retries = definePolicy({
  name: 'retries',
  settings: retriesSettings,
  create: (settings) => (call) => {
    call.retries = settings
    return undefined
  },
})

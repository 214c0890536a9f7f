import { byteSize } from '../../api/settings/field.ts'
import { Problem } from '../../core/problem.ts'
import { definePolicy } from './policy.ts'

/** Refuses bodies that say they are too long, and cuts off those that turn out to be: 413. */
export const requestSizeLimit = definePolicy({
  name: 'requestSizeLimit',
  settings: byteSize({
    title: 'Request size limit',
    description: 'Bytes of a request body at most; longer ones get 413, also when their length is not announced.',
    examples: ['64kb', '10mb'],
  }),
  create: (limit) => (call) => {
    if (call.bodyLength > limit) throw bodyTooLarge(limit)
    call.bodyLimit = limit
    return undefined
  },
})

export const bodyTooLarge = (limit: number): Problem =>
  new Problem(413, 'content_too_large', `The request body may have ${limit} bytes at most.`)

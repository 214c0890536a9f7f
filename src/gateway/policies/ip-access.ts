import { z } from 'zod'
import { flag } from '../../api/settings/field.ts'
import { addressRanges, isAddressRange } from '../../core/address-ranges.ts'
import { lru } from '../../core/lru.ts'
import { Problem } from '../../core/problem.ts'
import { clientAddress } from '../client-address.ts'
import { definePolicy } from './policy.ts'

const range = z.string().refine(isAddressRange, 'an address or a range such as "10.0.0.0/8" or "2001:db8::/32"')

/** Refuses by address, before anything else is looked at: 403. */
export const ipAccess = definePolicy({
  name: 'ipAccess',
  settings: z
    .strictObject({
      enabled: flag(true, { title: 'Enabled', description: 'Whether this holds.' }),
      allow: z
        .array(range)
        .min(1)
        .meta({
          title: 'Allow',
          description: 'Addresses and ranges that may call; without it, all may that are not blocked.',
          examples: [['10.0.0.0/8', '2001:db8::/32']],
        })
        .optional(),
      block: z
        .array(range)
        .default([])
        .meta({
          title: 'Block',
          description: 'Addresses and ranges that may not call, allowed or not.',
          examples: [['203.0.113.7']],
        }),
    })
    .meta({
      title: 'Access by address',
      description:
        'Which client addresses may call; others get 403. Behind proxies it is the nearest address that is no trusted proxy.',
      examples: [{ allow: ['10.0.0.0/8'] }],
    }),
  create({ enabled, allow, block }, { trusts }) {
    if (!enabled) return undefined
    const isAllowed = allow && addressRanges(allow)
    const isBlocked = addressRanges(block)
    const known = lru<string, boolean>(1024) // looking through the ranges costs more than remembering
    return (call) => {
      const address = clientAddress(call, trusts)
      let mayCall = known.get(address)
      if (mayCall === undefined) {
        mayCall = !isBlocked(address) && (isAllowed?.(address) ?? true)
        known.set(address, mayCall)
      }
      if (!mayCall) throw new Problem(403, 'address_not_allowed', 'This address may not call here.')
      return undefined
    }
  },
})

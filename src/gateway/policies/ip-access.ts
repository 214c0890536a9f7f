import { z } from 'zod'
import type { Api } from '../../api/api.ts'
import { flag } from '../../api/settings/field.ts'
import { addressRanges, isAddressRange } from '../../core/address-ranges.ts'
import { lru } from '../../core/lru.ts'
import { Problem } from '../../core/problem.ts'
import { clientAddress } from '../client-address.ts'
import { definePolicy } from './policy.ts'

const range = z.string().refine(isAddressRange, 'an address or a range such as "10.0.0.0/8" or "2001:db8::/32"')

const settings = z
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
      'Which client addresses may call, or ask for tokens; others get 403. Behind proxies it is the nearest address that is no trusted proxy.',
    examples: [{ allow: ['10.0.0.0/8'] }],
  })

/** Refuses by address, before anything else is looked at: 403. */
export const ipAccess = definePolicy({
  name: 'ipAccess',
  settings,
  create(settings, { trusts }) {
    const refuse = compileRefusal(settings)
    return refuse && ((call) => refuse(clientAddress(call, trusts)))
  },
})

/** Throws a 403 problem for an address that may not call. */
type Refuse = (address: string) => undefined

function compileRefusal({ enabled, allow, block }: z.output<typeof settings>): Refuse | undefined {
  if (!enabled) return undefined
  const isAllowed = allow && addressRanges(allow)
  const isBlocked = addressRanges(block)
  const known = lru<string, boolean>(1024) // looking through the ranges costs more than remembering
  return (address) => {
    let mayCall = known.get(address)
    if (mayCall === undefined) {
      mayCall = !isBlocked(address) && (isAllowed?.(address) ?? true)
      known.set(address, mayCall)
    }
    if (!mayCall) throw new Problem(403, 'address_not_allowed', 'This address may not call here.')
    return undefined
  }
}

const refusals = new WeakMap<Api, Refuse | 'none'>()

/** The same for what is no operation of an API: the addresses that may not call it may not get tokens there either. */
export function refuseOutside(api: Api, address: () => string): void {
  let refuse = refusals.get(api)
  if (refuse === undefined) {
    const written = api.outside?.policies.get(ipAccess.name) as z.output<typeof settings> | undefined
    refuse = (written && compileRefusal(written)) ?? 'none'
    refusals.set(api, refuse)
  }
  if (refuse !== 'none') refuse(address())
}

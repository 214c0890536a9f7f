import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { addressClass } from './address-class.ts'
import { OutboundError } from './outbound.ts'
import { type AddressRule, refused } from './target.ts'

/** All addresses of a host name. Rejects when there are none. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>

/** As the machine resolves names: hosts file, then DNS. */
export const systemResolve: Resolve = (host) => lookup(host, { all: true })

/**
 * A `lookup` for sockets: it resolves once and hands over only what it has checked, so what a second answer of the name
 * server would say (DNS rebinding) cannot matter. One refused address refuses the host.
 */
export function checkedLookup(resolve: Resolve, allows: AddressRule): LookupFunction {
  return (host, options, callback) => {
    resolve(host).then(
      (addresses) => {
        const [first] = addresses
        if (!first) callback(new OutboundError('unresolvable', `${host} has no address`), '')
        else if (!addresses.every((entry) => allows(addressClass(entry.address)))) callback(refused(host), '')
        else if (options.all) callback(null, [...addresses])
        else callback(null, first.address, first.family)
      },
      () => callback(new OutboundError('unresolvable', `${host} cannot be resolved`), ''),
    )
  }
}

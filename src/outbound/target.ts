import { isIP } from 'node:net'
import { type AddressClass, addressClass } from './address-class.ts'
import { OutboundError } from './outbound.ts'

/** Whether an address of this class may be called. */
export type AddressRule = (address: AddressClass) => boolean

/** Names of cloud metadata services: refused before they are resolved, whatever they resolve to. */
const METADATA_NAMES = /^(?:metadata|metadata\.goog|(?:.+\.)?metadata\.google\.internal|instance-data(?:\..+)?)$/

/**
 * Reads a URL as WHATWG does, so that decimal, octal and hexadecimal addresses appear as what they are, and checks all
 * that can be told without resolving. Throws `OutboundError` `bad_url` or `refused_address`.
 */
export function checkedTarget(text: string, allows: AddressRule): URL {
  const url = URL.parse(text)
  if (!url) throw new OutboundError('bad_url', 'not an absolute URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new OutboundError('bad_url', 'neither http nor https')
  if (url.username !== '' || url.password !== '') throw new OutboundError('bad_url', 'user information in the URL')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (METADATA_NAMES.test(host.replace(/\.$/, ''))) throw refused(host)
  if (isIP(host) !== 0 && !allows(addressClass(host))) throw refused(host)
  url.hash = ''
  return url
}

export function refused(host: string): OutboundError {
  return new OutboundError('refused_address', `${host} is at an address that must not be called from here`)
}

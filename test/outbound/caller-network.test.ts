import test from 'ava'
import { callerNetwork } from '../../src/outbound/caller-network.ts'

test('all addresses of one IPv6 network of 64 bits are one caller', (t) => {
  const same = ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:0DB8:1:2::', '2001:db8:1:2:3::192.0.2.1']
  t.deepEqual([...new Set(same.map(callerNetwork))], ['2001:db8:1:2::/64'])
  t.not(callerNetwork('2001:db8:1:3::1'), callerNetwork('2001:db8:1:2::1'))
  t.is(callerNetwork('fe80::1%eth0'), callerNetwork('fe80::2%eth0'))
  t.is(callerNetwork('::1'), '0:0:0:0::/64')
})

test('IPv4 addresses are callers each, in IPv6 too', (t) => {
  for (const address of ['192.0.2.1', '::ffff:192.0.2.1', 'unknown', '']) t.is(callerNetwork(address), address)
})

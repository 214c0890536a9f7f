import test from 'ava'
import { silentLog } from '../../src/core/log.ts'
import { addressClass } from '../../src/outbound/address-class.ts'
import { createOutbound } from '../../src/outbound/client.ts'
import { OutboundError } from '../../src/outbound/outbound.ts'
import { handClock } from '../_kit/clock.ts'

/** Every spelling of a place that a URL from a client must not lead to. */
const FORBIDDEN_TO_STRANGERS = [
  'http://127.0.0.1/',
  'http://127.1/',
  'http://127.0.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0x7f.0.0.1/',
  'http://017700000001/',
  'http://0177.0.0.1/',
  'http://127.0.0.1.:8080/',
  'http://%31%32%37.0.0.1/',
  'http://①②⑦.0.0.1/',
  'http://127。0。0。1/',
  'http://0/',
  'http://0.0.0.0/',
  'http://10.1.2.3/',
  'http://172.16.0.1/',
  'http://172.31.255.255/',
  'http://192.168.1.1/',
  'http://100.64.0.1/',
  'http://198.18.0.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://0xa9fea9fe/',
  'http://2852039166/',
  'http://192.0.0.192/',
  'http://192.0.2.1/',
  'http://198.51.100.1/',
  'http://203.0.113.1/',
  'http://168.63.129.16/',
  'http://100.100.100.200/',
  'http://224.0.0.1/',
  'http://255.255.255.255/',
  'http://240.0.0.1/',
  'http://[::]/',
  'http://[::1]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[::127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[64:ff9b:1::1]/',
  'http://[2002:7f00:1::]/',
  'http://[2002:a9fe:a9fe::1]/',
  'http://[2001:0:1::1]/',
  'http://[2001:db8::1]/',
  'http://[3fff::1]/',
  'http://[fc00::1]/',
  'http://[fd00:ec2::254]/',
  'http://[fd20:ce::254]/',
  'http://[fe80::1]/',
  'http://[fec0::1]/',
  'http://[ff02::1]/',
  'http://[100::1]/',
  'http://[5f00::1]/',
  'http://metadata.google.internal/computeMetadata/v1/',
  'http://METADATA.google.internal./',
  'http://metadata/',
  'http://localhost/',
  'http://localhost./',
]

const NOT_A_TARGET = [
  '',
  '/relative',
  '//host/path',
  'file:///etc/passwd',
  'gopher://127.0.0.1:6379/_INFO',
  'ftp://example.com/',
  'javascript:alert(1)',
  'data:text/plain,x',
  'unix:/var/run/docker.sock',
  'http://user@example.com/',
  'http://user:pass@example.com/',
  'http://example.com@127.0.0.1/',
  'http://[fe80::1%25eth0]/',
  'http://256.256.256.256/',
  'http://exa mple.com/',
  'http://example.com:99999/',
]

const refusing = (privateTargets: 'allow' | 'deny') =>
  createOutbound({
    privateTargets,
    clock: handClock(),
    log: silentLog,
    resolve: async (host) => {
      if (/^localhost\.?$/.test(host)) return [{ address: '127.0.0.1', family: 4 }]
      throw new Error(`the test does not resolve ${host}`)
    },
  })

for (const [list, code] of [
  [FORBIDDEN_TO_STRANGERS, 'refused_address'],
  [NOT_A_TARGET, 'bad_url'],
] as const) {
  for (const url of list) {
    test(`a URL from a stranger is not called: ${url || '(empty)'} → ${code}`, async (t) => {
      const call = { method: 'GET', url, timeout: 1000, maxBytes: 100, chosenBy: 'stranger' } as const
      const error = await t.throwsAsync(refusing('allow').request(call), { instanceOf: OutboundError })
      t.is(error?.code, code)
    })
  }
}

for (const url of [
  'http://169.254.169.254/',
  'http://[fe80::1]/',
  'http://metadata.google.internal/',
  'http://0.0.0.0/',
]) {
  test(`not even an operator's URL may go to ${url}`, async (t) => {
    const call = { method: 'GET', url, timeout: 1000, maxBytes: 100, chosenBy: 'operator' } as const
    const error = await t.throwsAsync(refusing('allow').request(call), { instanceOf: OutboundError })
    t.is(error?.code, 'refused_address')
  })
}

test('with private targets denied, an operator may go to public addresses only', async (t) => {
  const call = { method: 'GET', url: 'http://10.0.0.1/', timeout: 1000, maxBytes: 100, chosenBy: 'operator' } as const
  const error = await t.throwsAsync(refusing('deny').request(call), { instanceOf: OutboundError })
  t.is(error?.code, 'refused_address')
})

test('an address that embeds an IPv4 address is what that one is', (t) => {
  t.is(addressClass('::ffff:8.8.8.8'), 'public')
  t.is(addressClass('64:ff9b::808:808'), 'public')
  t.is(addressClass('2002:808:808::1'), 'public')
  t.is(addressClass('::ffff:10.0.0.1'), 'private')
  t.is(addressClass('64:ff9b::10.0.0.1'), 'private')
  t.is(addressClass('::ffff:169.254.1.1'), 'never')
  t.is(addressClass('fe80::1%eth0'), 'never')
  t.is(addressClass('2a00:1450::1'), 'public')
  t.is(addressClass('1.1.1.1'), 'public')
  t.is(addressClass('nonsense'), 'never')
})

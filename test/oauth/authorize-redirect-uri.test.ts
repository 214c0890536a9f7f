import test from 'ava'
import fc from 'fast-check'
import { redirectUriFault, sameRedirectUri } from '../../src/oauth/authorize/redirect-uri.ts'

test('RFC 6749 §3.1.2: http, https and private-use redirect URIs can be registered', (t) => {
  for (const uri of [
    'https://app.example.com/cb',
    'http://identityserver.com/client-redirect-uri',
    'https://app.example.com:8443/cb?tenant=1&x=%20',
    'https://app.example.com',
    'http://127.0.0.1/cb',
    'http://[::1]:3000/cb',
    'com.example.app:/oauth',
    'cursor://anysphere.retrieval/oauth/callback',
    'https://xn--bcher-kva.example/cb',
  ]) {
    t.is(redirectUriFault(uri), undefined, uri)
  }
})

test('a redirect URI that software may read differently cannot be registered', (t) => {
  for (const uri of [
    '',
    'cb',
    '/cb',
    '//example.com/cb',
    'https:example.com/cb',
    'https://example.com/cb#x',
    'https://example.com/cb#',
    'https://user@example.com/cb',
    'https://good.com:pw@evil.com/cb',
    'app://user@host/cb',
    'https://*.example.com/cb',
    'https://example.com/*',
    'https://example.com/a/../b',
    'https://example.com/a/%2e%2E/b',
    'https://example.com/./b',
    'https://example.com\\cb',
    'https://example.com/c b',
    'https://example.com/cb\r\nX: y',
    'https://example.com/cb\t',
    'https://bücher.example/cb',
    'https://exam%70le.com/cb',
    'http://2130706433/cb',
    'http://0x7f.1/cb',
    'http://localhost:99999/cb',
    'https:///cb',
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    `https://example.com/${'a'.repeat(2000)}`,
  ]) {
    t.is(typeof redirectUriFault(uri), 'string', uri)
  }
})

test('RFC 9700 §2.1: redirect URIs are compared as strings', (t) => {
  const registered = 'https://good.com/cb'
  t.true(sameRedirectUri(registered, registered))
  for (const trick of [
    'https://good.com.evil.com/cb',
    'https://good.com@evil.com/cb',
    'https://good.com/cb/',
    'https://good.com/cb/../x',
    'https://good.com/cb/%2e%2e/x',
    'https://good.com/cb?x',
    'https://good.com/cb#',
    'https://GOOD.com/cb',
    'https://good.com/CB',
    'https://good.com:443/cb',
    'https://good.com/cb\t',
    ' https://good.com/cb',
    'https://good.com\\cb',
    'https://good.com/cb..;/',
    'https://g\u043e\u043ed.com/cb',
    'http://good.com/cb',
    'javascript:alert(1)',
  ]) {
    t.false(sameRedirectUri(trick, registered), trick)
  }
})

test('RFC 8252 §7.3: the port of a loopback address, and nothing else of it, may differ', (t) => {
  const registered = 'http://127.0.0.1/cb'
  for (const same of ['http://127.0.0.1/cb', 'http://127.0.0.1:1/cb', 'http://127.0.0.1:65535/cb']) {
    t.true(sameRedirectUri(same, registered), same)
  }
  t.true(sameRedirectUri('http://[::1]:4000/cb?x=1', 'http://[::1]:3000/cb?x=1'))
  for (const other of [
    'http://127.0.0.1:0/cb',
    'http://127.0.0.1:65536/cb',
    'http://127.0.0.1:99999/cb',
    'http://127.0.0.1:80x/cb',
    'http://127.0.0.1.evil.com/cb',
    'http://127.0.0.1:80@evil.com/cb',
    'http://localhost/cb',
    'http://127.0.0.2/cb',
    'http://[::1]/cb',
    'https://127.0.0.1/cb',
    'http://127.0.0.1:3000/cb/',
    'http://127.0.0.1:3000/cb\n',
  ]) {
    t.false(sameRedirectUri(other, registered), other)
  }
  t.false(sameRedirectUri('http://localhost:3001/cb', 'http://localhost:3000/cb'))
})

test('no text makes the rules throw, and nothing with a line break passes them', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.string({ unit: 'binary' })), (text) => {
      const fault = redirectUriFault(text)
      t.is(sameRedirectUri(text, 'https://good.com/cb'), text === 'https://good.com/cb')
      return fault !== undefined || !/[\s#*\\]/.test(text)
    }),
    { numRuns: 500 },
  )
})

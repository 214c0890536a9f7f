import { inspect } from 'node:util'
import test from 'ava'
import { parseByteSize } from '../../src/core/byte-size.ts'
import { systemClock } from '../../src/core/clock.ts'
import { parseDuration } from '../../src/core/duration.ts'
import { fromPointer, toPointer, valueAt } from '../../src/core/json-pointer.ts'
import { lru } from '../../src/core/lru.ts'
import { nearest } from '../../src/core/nearest.ts'
import { pooledRandom } from '../../src/core/random.ts'
import { Secret } from '../../src/core/secret.ts'
import { openVault } from '../../src/core/vault.ts'

test('a task that is due in more than 24 days does not run at once', async (t) => {
  let early = false
  const cancel = systemClock.after(99_999_999 * 86_400_000, () => {
    early = true
  })
  const keepAlive = setInterval(() => undefined, 1000)
  await new Promise<void>((done) => void systemClock.after(30, done))
  clearInterval(keepAlive)
  cancel()
  t.false(early)
})

test('a duration is a number of units, several of them, or bare seconds', (t) => {
  t.is(parseDuration('30s'), 30_000)
  t.is(parseDuration('1h30m'), 5_400_000)
  t.is(parseDuration('250ms'), 250)
  t.is(parseDuration('14d'), 1_209_600_000)
  t.is(parseDuration(60), 60_000)
  t.is(parseDuration('60'), 60_000)
  for (const wrong of ['', 's', '1w', '-1s', '1.5h', '1 h']) t.is(parseDuration(wrong), undefined, wrong)
  t.is(parseDuration(-1), undefined)
})

test('a size is a number of bytes with or without a unit', (t) => {
  t.is(parseByteSize('16kb'), 16_384)
  t.is(parseByteSize('10MiB'), 10_485_760)
  t.is(parseByteSize(512), 512)
  for (const wrong of ['kb', '1tb', '1.5mb', '-1']) t.is(parseByteSize(wrong), undefined, wrong)
})

test('RFC 6901: pointers escape ~ and /, and lead only through own properties', (t) => {
  t.is(toPointer(['paths', '/a~b/{id}', 0]), '/paths/~1a~0b~1{id}/0')
  t.deepEqual(fromPointer('/paths/~1a~0b~1{id}/0'), ['paths', '/a~b/{id}', '0'])
  t.is(valueAt({ a: [{ b: 1 }] }, ['a', 0, 'b']), 1)
  t.is(valueAt({}, ['__proto__']), undefined)
  t.is(valueAt({}, ['constructor', 'name']), undefined)
})

test('the nearest candidate is suggested only when it may be a typing error', (t) => {
  t.is(nearest('allowedAuthorizeType', ['allowedAuthorizeTypes', 'authLoginRedirect']), 'allowedAuthorizeTypes')
  t.is(nearest('listenPaht', ['listenPath']), 'listenPath')
  t.is(nearest('banana', ['listenPath', 'upstream']), undefined)
})

test('a secret shows a mask however it is printed', (t) => {
  const secret = new Secret('s3cret')
  t.false(`${secret} ${JSON.stringify({ secret })} ${inspect(secret)}`.includes('s3cret'))
  t.is(secret.reveal(), 's3cret')
})

test('what is sealed opens only for the same purpose, context and master key', (t) => {
  const random = pooledRandom()
  const vault = openVault(random(32), random)
  const sealed = vault.seal('outbox', 'the text', 'endpoint-1')
  t.is(vault.open('outbox', sealed, 'endpoint-1'), 'the text')
  t.is(vault.open('outbox', sealed, 'endpoint-2'), undefined)
  t.is(vault.open('other', sealed, 'endpoint-1'), undefined)
  t.is(openVault(random(32), random).open('outbox', sealed, 'endpoint-1'), undefined)
  t.is(vault.open('outbox', withOtherCharacter(sealed, sealed.length - 5), 'endpoint-1'), undefined)
  t.is(vault.open('outbox', 'x', 'endpoint-1'), undefined)
})

/** Not for the last character: of that, some bits may not count. */
const withOtherCharacter = (text: string, index: number): string =>
  text.slice(0, index) + (text[index] === 'A' ? 'B' : 'A') + text.slice(index + 1)

test('a bounded map never holds more than its capacity and keeps what is used', (t) => {
  const map = lru<number, number>(100)
  map.set(-1, -1)
  for (let key = 0; key < 1000; key++) {
    map.set(key, key)
    t.is(map.get(-1), -1)
    t.true(map.size <= 100)
  }
  t.is(map.get(0), undefined)
  t.is(map.get(999), 999)
})

test('pooled random bytes never repeat and are not shared', (t) => {
  const random = pooledRandom()
  const seen = new Set(Array.from({ length: 2000 }, () => random(16).toString('hex')))
  t.is(seen.size, 2000)
  const first = random(16)
  const copy = Buffer.from(first)
  for (let turn = 0; turn < 2000; turn++) random(16)
  t.deepEqual(first, copy)
})

import test from 'ava'
import { createResponseCache, type StoredResponse } from '../../../src/gateway/cache/response-cache.ts'

const stored = (bytes: number, vary: readonly string[] = []): StoredResponse => ({
  status: 200,
  headers: [],
  body: Buffer.alloc(bytes),
  storing: { age: 0, lifetime: 1, staleFor: 0, open: false, vary },
  answered: 0,
  refreshing: false,
})
const only = () => 'v'

test('it never holds more than its bytes, and what was used longest ago gives way', (t) => {
  const cache = createResponseCache(10_000)
  for (const url of ['a', 'b', 'c']) cache.put(url, only, stored(2_500), 0)
  t.truthy(cache.find('a', only))
  cache.put('d', only, stored(2_500), 0)
  t.is(cache.find('b', only), undefined)
  for (const url of ['a', 'c', 'd']) t.truthy(cache.find(url, only), url)
  for (let index = 0; index < 1000; index++) {
    cache.put(`u${index}`, only, stored(index), 0)
    t.true(cache.counts.bytes <= 10_000)
  }
  cache.put('huge', only, stored(10_001), 0)
  t.is(cache.find('huge', only), undefined)
})

test('small answers count as well: their number is bounded', (t) => {
  const cache = createResponseCache(100_000)
  for (let index = 0; index < 10_000; index++) cache.put(`u${index}`, only, stored(0), 0)
  t.true(cache.counts.entries < 200)
  for (let index = 0; index < 10_000; index++) cache.put('one', () => `v${index}`, stored(0), 0)
  t.true(cache.counts.entries < 200)
})

test('when what answers depend on changes, the older ones are forgotten', (t) => {
  const cache = createResponseCache(100_000)
  const variantOf = (vary: readonly string[]) => vary.join()
  cache.put('a', variantOf, stored(1, ['accept']), 0)
  cache.put('a', variantOf, stored(1, ['accept', 'cookie']), 0)
  t.is(cache.counts.entries, 1)
  cache.forget('a')
  t.is(cache.counts.entries, 0)
  t.is(cache.counts.bytes, 0)
  t.is(cache.find('a', variantOf), undefined)
})

test('an answer that was asked for before a change is not kept after it', (t) => {
  const cache = createResponseCache(100_000)
  const { moment } = cache
  cache.forget('a')
  cache.put('a', only, stored(1), moment)
  cache.put('b', only, stored(1), moment)
  t.is(cache.find('a', only), undefined)
  t.truthy(cache.find('b', only))
  cache.put('a', only, stored(1), cache.moment)
  t.truthy(cache.find('a', only))
})

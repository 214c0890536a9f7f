import test from 'ava'
import { parseRequestTarget } from '../../src/gateway/request-target.ts'
import { createSnapshot } from '../../src/gateway/snapshot.ts'
import { plainApi } from '../_kit/api.ts'

const snapshotOf = (...places: readonly [id: string, listenPath: string, ...hosts: string[]][]) =>
  createSnapshot(places.map(([id, listenPath, ...hosts]) => plainApi({ id, listenPath, hosts })))

const found = (snapshot: ReturnType<typeof createSnapshot>, host: string | undefined, path: string) => {
  const match = snapshot.match(host, path)
  return match && [match.api.id, match.rest]
}

test('a listen path matches on segment boundaries, the longest one first', (t) => {
  const snapshot = snapshotOf(['a', '/a'], ['ab', '/a/b'], ['deep', '/a/b/c/d'])
  t.deepEqual(found(snapshot, 'h', '/a'), ['a', '/'])
  t.deepEqual(found(snapshot, 'h', '/a/'), ['a', '/'])
  t.deepEqual(found(snapshot, 'h', '/a/x/y/'), ['a', '/x/y/'])
  t.deepEqual(found(snapshot, 'h', '/a/b'), ['ab', '/'])
  t.deepEqual(found(snapshot, 'h', '/a/b/c'), ['ab', '/c'])
  t.deepEqual(found(snapshot, 'h', '/a/b/c/d/e'), ['deep', '/e'])
  t.is(found(snapshot, 'h', '/ab'), undefined)
  t.is(found(snapshot, 'h', '/'), undefined)
  t.is(found(snapshot, 'h', '*'), undefined)
})

test('an API on the root takes what no other one takes', (t) => {
  const snapshot = snapshotOf(['root', ''], ['a', '/a'])
  t.deepEqual(found(snapshot, 'h', '/'), ['root', '/'])
  t.deepEqual(found(snapshot, 'h', '/ab/c'), ['root', '/ab/c'])
  t.deepEqual(found(snapshot, 'h', '/a/c'), ['a', '/c'])
})

test('exact hosts go before wildcards before every host, in any case, with or without port', (t) => {
  const snapshot = snapshotOf(
    ['any', '/a'],
    ['exact', '/a', 'api.Example.com'],
    ['port', '/a', 'api.example.com:8443'],
    ['wild', '/a', '*.example.com'],
    ['wilder', '/a', '*.com'],
    ['elsewhere', '/only', 'api.example.com'],
  )
  t.deepEqual(found(snapshot, 'API.example.com', '/a'), ['exact', '/'])
  t.deepEqual(found(snapshot, 'api.example.com.:80', '/a'), ['exact', '/'])
  t.deepEqual(found(snapshot, 'api.example.com:8443', '/a'), ['port', '/'])
  t.deepEqual(found(snapshot, 'x.example.com', '/a'), ['wild', '/'])
  t.deepEqual(found(snapshot, 'x.y.example.com', '/a'), ['wild', '/'])
  t.deepEqual(found(snapshot, 'example.com', '/a'), ['wilder', '/'])
  t.deepEqual(found(snapshot, 'example.org', '/a'), ['any', '/'])
  t.deepEqual(found(snapshot, undefined, '/a'), ['any', '/'])
  t.deepEqual(found(snapshot, '[::1]:8080', '/a'), ['any', '/'])
  t.is(found(snapshot, 'x.example.com', '/only'), undefined)
  t.deepEqual(found(snapshotOf(['six', '/a', '[::1]']), '[::1]:8080', '/a'), ['six', '/'])
  t.is(found(snapshotOf(['a', '/a', '*.example.com']), 'example.com', '/a'), undefined)
})

test('a host that has no fitting listen path leaves the request to less specific ones', (t) => {
  const snapshot = snapshotOf(['exact', '/x', 'h.test'], ['any', '/a'])
  t.deepEqual(found(snapshot, 'h.test', '/a/1'), ['any', '/1'])
})

test('an inactive API answers nothing, and keeps others from answering in its place', (t) => {
  const off = plainApi({ id: 'off', listenPath: '/a', active: false })
  const root = plainApi({ id: 'root', listenPath: '' })
  const snapshot = createSnapshot([off, root])
  t.is(found(snapshot, 'h', '/a/1'), undefined)
  t.deepEqual(found(snapshot, 'h', '/b'), ['root', '/b'])
  t.is(snapshot.apis.get('off'), off)
  for (const order of [
    [off, plainApi({ id: 'on', listenPath: '/a' })],
    [plainApi({ id: 'on', listenPath: '/a' }), off],
  ]) {
    t.deepEqual(found(createSnapshot(order), 'h', '/a/1'), ['on', '/1'])
  }
})

test('RFC 3986 §6.2.2: escapes hide no listen path, and the rest stays as it came', (t) => {
  const snapshot = snapshotOf(['cafe', '/café'], ['root', ''])
  t.deepEqual(found(snapshot, 'h', '/caf%c3%a9/%41?'), ['cafe', '/%41?'])
  t.deepEqual(found(snapshot, 'h', '/%63af%C3%A9'), ['cafe', '/'])
  t.deepEqual(found(snapshot, 'h', '/caf%C3%A9%2Fx'), ['root', '/caf%C3%A9%2Fx'])
})

test('no spelling of a dot segment leaves a listen path: the request is refused before it is matched', (t) => {
  for (const path of [
    '/a/../b',
    '/a/..',
    '/a/./b',
    '/a/%2e%2e/b',
    '/a/.%2E/b',
    '/a/..%2fb',
    '/a/..\\b',
    '/a/%5c..%5cb',
    '/a/..;x/b',
    '/a/%zz',
  ]) {
    t.is(parseRequestTarget(path), undefined, path)
  }
  t.truthy(parseRequestTarget('/a/..b/c.'))
})

test('empty segments are segments: they match no listen path and stay in the rest', (t) => {
  const snapshot = snapshotOf(['a', '/a'], ['ab', '/a/b'])
  t.is(found(snapshot, 'h', '//a/b'), undefined)
  t.deepEqual(found(snapshot, 'h', '/a//b'), ['a', '//b'])
  t.deepEqual(found(snapshot, 'h', '/a//evil.test/'), ['a', '//evil.test/'])
})

test('the revision is that of the set, whatever the order', (t) => {
  const a = plainApi({ id: 'a' })
  const b = plainApi({ id: 'b' })
  t.is(createSnapshot([a, b]).revision, createSnapshot([b, a]).revision)
  t.not(createSnapshot([a]).revision, createSnapshot([a, b]).revision)
  t.not(createSnapshot([plainApi({ id: 'a', revision: 'r2' })]).revision, createSnapshot([a]).revision)
})

test('hostile hosts and paths cost little', (t) => {
  const snapshot = snapshotOf(['a', '/a/b', 'h.test'], ['wild', '/', '*.test'])
  for (const host of ['a.'.repeat(8000), ':'.repeat(16_000), '['.repeat(16_000), '', '.', 'x:99999999', '*.test']) {
    t.notThrows(() => snapshot.match(host, '/'.repeat(16_000)))
  }
})

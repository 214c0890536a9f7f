import { join } from 'node:path'
import test from 'ava'
import { desk, doc, states } from '../_kit/library.ts'

test('two APIs in one place: the first stays, the error names both files, and the place is given on', async (t) => {
  const all = await desk(t, { 'a.json': doc('a', { path: '/x' }), 'b.json': doc('b', { path: '/x' }) })
  t.deepEqual(states(all), ['a.json live', 'b.json down'])
  const [conflict] = all.library.diagnostics()
  t.like(conflict, { code: 'GW4301', severity: 'error', file: join(all.folder, 'b.json'), line: 7, column: 3 })
  t.true(conflict?.message.includes(`${join(all.folder, 'a.json')}:7`), conflict?.message)
  await all.write('a.json', doc('a', { path: '/y' }))
  await all.library.rescan()
  t.deepEqual(states(all), ['a.json live', 'b.json live'])
  await all.write('a.json', doc('a', { path: '/x' }))
  await all.library.rescan()
  t.deepEqual(states(all), ['a.json stale', 'b.json live'], 'b was there first now')
  t.is(all.library.current().match('h', '/y')?.api.id, 'a')
  t.is(all.library.current().match('h', '/x')?.api.id, 'b')
})

test('two APIs cannot share an id; other hosts, or one of them inactive, are other places', async (t) => {
  const all = await desk(t, {
    'a.json': doc('a', { path: '/x' }),
    'b.json': doc('a', { path: '/y' }),
    'c.json': doc('c', { path: '/x', hosts: ['c.test'] }),
    'd.json': doc('d', { path: '/x', hosts: ['C.test', 'd.test'] }),
    'e.json': doc('e', { path: '/x', active: false }),
  })
  t.deepEqual(states(all), ['a.json live', 'b.json down', 'c.json live', 'd.json down', 'e.json live'])
})

test('documents exchange their places in one step', async (t) => {
  const all = await desk(t, { 'a.json': doc('a', { path: '/1' }), 'b.json': doc('b', { path: '/2' }) })
  await all.write('a.json', doc('a', { path: '/2' }))
  await all.write('b.json', doc('b', { path: '/1' }))
  await all.library.rescan()
  t.deepEqual(states(all), ['a.json live', 'b.json live'])
  t.is(all.library.current().match('h', '/1')?.api.id, 'b')
  t.is(all.changes.length, 1)
})

test('who cannot move keeps its place, even when another one had been given it', async (t) => {
  const all = await desk(t, {
    'a.json': doc('a', { path: '/1' }),
    'b.json': doc('b', { path: '/2' }),
    'c.json': doc('c'),
  })
  await all.write('a.json', doc('a', { path: '/2' }))
  await all.write('c.json', doc('c', { path: '/1' }))
  await all.library.rescan()
  t.deepEqual(states(all), ['a.json stale', 'b.json live', 'c.json stale'])
  t.is(all.library.current().match('h', '/1')?.api.id, 'a')
  t.is(all.library.current().match('h', '/c')?.api.id, 'c')
})

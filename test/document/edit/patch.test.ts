import test from 'ava'
import { jsonPatch } from '../../../src/document/edit/json-patch.ts'
import { mergePatch } from '../../../src/document/edit/merge-patch.ts'

test('RFC 7396 appendix A: the examples come out as written', (t) => {
  const cases: readonly (readonly [unknown, unknown, unknown])[] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [target, patch, result] of cases) t.deepEqual(mergePatch(target, patch), result)
})

const TARGET = { foo: ['bar', 'baz'], a: { b: { c: 1 } }, '': 0, 'a/b': 1, 'm~n': 8 }

test('RFC 6902 §4: every operation does what it says, and leaves the target alone', (t) => {
  const cases: readonly (readonly [readonly object[], object])[] = [
    [[{ op: 'add', path: '/foo/1', value: 'qux' }], { foo: ['bar', 'qux', 'baz'] }],
    [[{ op: 'add', path: '/foo/-', value: 'qux' }], { foo: ['bar', 'baz', 'qux'] }],
    [[{ op: 'add', path: '/new', value: null }], { new: null }],
    [[{ op: 'remove', path: '/foo/0' }], { foo: ['baz'] }],
    [[{ op: 'replace', path: '/a~1b', value: 2 }], { 'a/b': 2 }],
    [[{ op: 'move', from: '/a/b', path: '/z' }], { a: {}, z: { c: 1 } }],
    [[{ op: 'copy', from: '/foo/0', path: '/foo/-' }], { foo: ['bar', 'baz', 'bar'] }],
    [[{ op: 'test', path: '/m~0n', value: 8 }], {}],
    [[{ op: 'test', path: '/a', value: { b: { c: 1 } } }], {}],
  ]
  const before = structuredClone(TARGET)
  for (const [patch, changes] of cases)
    t.deepEqual(jsonPatch(TARGET, patch), { ok: true, value: { ...TARGET, ...changes } })
  t.deepEqual(TARGET, before)
})

test('RFC 6902 §5: a patch that does not fit changes nothing and says where it fails', (t) => {
  const failing: readonly (readonly [unknown, string, number])[] = [
    [[{ op: 'remove', path: '/nothing' }], 'path', 0],
    [[{ op: 'replace', path: '/foo/7', value: 1 }], 'path', 0],
    [[{ op: 'add', path: '/no/where', value: 1 }], 'path', 0],
    [[{ op: 'add', path: '/foo/01', value: 1 }], 'path', 0],
    [
      [
        { op: 'add', path: '/x', value: 1 },
        { op: 'test', path: '/x', value: 2 },
      ],
      'test',
      1,
    ],
    [[{ op: 'move', from: '/a', path: '/a/b/c' }], 'malformed', 0],
    [[{ op: 'add', path: 'x', value: 1 }], 'malformed', 0],
    [[{ op: 'add', path: '/x' }], 'malformed', 0],
    [[{ op: 'merge', path: '/x' }], 'malformed', 0],
    [[{ op: 'remove', path: '' }], 'malformed', 0],
    [{ op: 'add' }, 'malformed', 0],
    [[null], 'malformed', 0],
  ]
  for (const [patch, kind, index] of failing) {
    const applied = jsonPatch(TARGET, patch)
    t.deepEqual(applied.ok ? applied : [applied.error.kind, applied.error.index], [kind, index])
  }
})

test('a patch cannot reach prototypes', (t) => {
  const patched = jsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }])
  t.true(patched.ok && Object.hasOwn(patched.value as object, '__proto__'))
  t.is((mergePatch({}, JSON.parse('{"__proto__":{"polluted":true}}')) as { polluted?: true }).polluted, undefined)
  t.is(({} as { polluted?: true }).polluted, undefined)
})

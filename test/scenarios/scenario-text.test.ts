import test from 'ava'
import { fill, matchJson, matchText } from './placeholders.ts'
import { parseScenario } from './scenario-text.ts'

test('a scenario is a title, documents and exchanges', (t) => {
  const { title, documents, steps } = parseScenario(
    [
      'A title',
      'document a.yaml',
      '  a: 1',
      '# a remark',
      'GET <gateway>/x',
      'A: b',
      '',
      '=> 200',
      'C: d',
      '',
      '{}',
      'wait 5m',
    ].join('\n'),
  )
  t.is(title, 'A title')
  t.deepEqual(documents, { 'a.yaml': 'a: 1' })
  t.deepEqual(steps, [
    {
      kind: 'exchange',
      line: 5,
      request: { start: 'GET <gateway>/x', headers: [['a', 'b']], body: '' },
      expected: { start: '200', headers: [['c', 'd']], body: '{}' },
    },
    { kind: 'wait', line: 12, duration: '5m' },
  ])
})

test('placeholders capture at first and must be equal afterwards', (t) => {
  const values = new Map<string, string>()
  t.true(matchText('https://a/?code=<code>&x=<*>', 'https://a/?code=ab%2Fc&x=1&y=2', values))
  t.is(values.get('code'), 'ab/c')
  t.true(matchText('<code>', 'ab/c', values))
  t.false(matchText('<code>', 'other', values))
  t.is(fill('?c=<code>', values, encodeURIComponent), '?c=ab%2Fc')
  t.throws(() => fill('<unknown>', values))
  t.false(matchText('a.c', 'abc', values))
})

test('expected JSON is a part of the actual one', (t) => {
  const values = new Map<string, string>()
  const actual = { a: 1, b: { c: 'x', d: [1, 2] } }
  t.true(matchJson({ b: { c: '<c>' } }, actual, values))
  t.is(values.get('c'), 'x')
  for (const wrong of [{ a: 2 }, { e: '<*>' }, { a: '<absent>' }, { b: { d: [1] } }]) {
    t.false(matchJson(wrong, actual, values), JSON.stringify(wrong))
  }
  t.true(matchJson({ e: '<absent>', b: { d: [1, 2] } }, actual, values))
})

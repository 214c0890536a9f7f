import test from 'ava'
import { guarding, integer, integers, OK, objections, parameter, point } from '../../_kit/objections.ts'

const STYLES: readonly (readonly [title: string, declared: object, good: string, bad: string])[] = [
  ['query form explode', parameter('a', 'query', integers), '?a=1&a=2', '?a=1&a=x'],
  ['query form, one item', parameter('a', 'query', integers), '?a=1', '?a=x'],
  ['query form', parameter('a', 'query', integers, { explode: false }), '?a=1,2,3', '?a=1,2,3,4'],
  [
    'query spaceDelimited',
    parameter('a', 'query', integers, { style: 'spaceDelimited', explode: false }),
    '?a=1%202',
    '?a=1%20x',
  ],
  [
    'query pipeDelimited',
    parameter('a', 'query', integers, { style: 'pipeDelimited', explode: false }),
    '?a=1|2',
    '?a=1%7Cx',
  ],
  [
    'query deepObject',
    parameter('a', 'query', point, { style: 'deepObject', explode: true }),
    '?a[x]=1&a%5By%5D=2',
    '?a[x]=1&a[y]=z',
  ],
  ['query form object', parameter('a', 'query', point, { explode: false }), '?a=x,1,y,2', '?a=x,1,y'],
  ['query form object explode', parameter('a', 'query', point), '?x=1&y=2&other=3', '?x=1&y=z'],
  [
    'query content',
    { name: 'a', in: 'query', content: { 'application/json': { schema: point } } },
    '?a=%7B%22x%22:1%7D',
    '?a=%7B%22x%22:%22%22%7D',
  ],
  ['query boolean', parameter('a', 'query', { type: 'boolean' }), '?a=true', '?a=yes'],
  [
    'query several types',
    parameter('a', 'query', {
      oneOf: [
        { type: 'integer', maximum: 5 },
        { type: 'string', enum: ['all'] },
      ],
    }),
    '?a=all',
    '?a=6',
  ],
  ['query escaped', parameter('a', 'query', { type: 'string', enum: ['a b&c', 'é'] }), '?a=a+b%26c', '?a=a+b&c'],
  ['query once', parameter('a', 'query', integer), '?a=1', '?a=1&a=2'],
  ['cookie', parameter('a', 'cookie', integer), '', ''],
  ['path simple', parameter('a', 'path', integers), '/1,2', '/1,x'],
  ['path simple object', parameter('a', 'path', point), '/x,1,y,2', '/x,1,y'],
  ['path simple object explode', parameter('a', 'path', point, { explode: true }), '/x=1,y=2', '/x=1,y=z'],
  ['path label', parameter('a', 'path', integers, { style: 'label' }), '/.1,2', '/1,2'],
  ['path label explode', parameter('a', 'path', integers, { style: 'label', explode: true }), '/.1.2', '/.1.x'],
  ['path matrix', parameter('a', 'path', integers, { style: 'matrix' }), '/;a=1,2', '/;a=1,x'],
  [
    'path matrix explode',
    parameter('a', 'path', integers, { style: 'matrix', explode: true }),
    '/;a=1;a=2',
    '/;a=1;b=2',
  ],
  [
    'path matrix object explode',
    parameter('a', 'path', point, { style: 'matrix', explode: true }),
    '/;x=1;y=2',
    '/;x=1;y=z',
  ],
  ['path scalar', parameter('a', 'path', { type: 'string', enum: ['a,b', 'c/d'] }), '/a%2Cb', '/c'],
  [
    'path escaped comma',
    parameter('a', 'path', { type: 'array', items: { type: 'string', enum: ['a,b', 'c'] } }),
    '/a%2Cb,c',
    '/a,b,c',
  ],
]

for (const [title, declared, good, bad] of STYLES) {
  if (title === 'cookie') continue
  test(`OAS "Parameter Object": ${title}`, async (t) => {
    const isPath = title.startsWith('path')
    const plane = await guarding(t, { [isPath ? '/in/{a}' : '/in']: { get: { parameters: [declared], ...OK } } })
    t.is(await objections(plane, `/in${good}`), undefined)
    t.regex((await objections(plane, `/in${bad}`))?.join() ?? '', /^(?:query|path) a/)
  })
}

test('OAS "Parameter Object": cookies and headers, in their styles', async (t) => {
  const declared = [
    parameter('a', 'cookie', integer),
    parameter('b', 'cookie', integers, { explode: false }),
    parameter('X-Point', 'header', point, { explode: true }),
  ]
  const plane = await guarding(t, { '/in': { get: { parameters: declared, ...OK } } })
  t.is(await objections(plane, '/in', { headers: { Cookie: 'z=1; a=5; b=1,2', 'X-Point': 'x=1, y=2' } }), undefined)
  t.deepEqual(await objections(plane, '/in', { headers: { Cookie: 'a=x; b=1,y', 'X-Point': 'y=2' } }), [
    'cookie a: must be an integer',
    'cookie b /1: must be an integer',
    'header X-Point /x: is required',
  ])
})

test('RFC 6265 §4.2.1: a plus in a cookie is a plus, and an ampersand ends none', async (t) => {
  const declared = [
    parameter('sig', 'cookie', { type: 'string', format: 'byte' }),
    parameter('a', 'cookie', { type: 'string', enum: ['x&b=y', 'ä b'] }),
    parameter('b', 'cookie', integer),
    parameter('list', 'cookie', { type: 'array', items: { type: 'string', enum: ['+', '&'] } }),
    parameter('point', 'cookie', point),
  ]
  const plane = await guarding(t, { '/in': { get: { parameters: declared, ...OK } } })
  const sent = (cookie: string) => objections(plane, '/in', { headers: { Cookie: cookie } })
  t.is(await sent('sig=ab+/'), undefined)
  t.is(await sent('sig=ab%2B/; a=%C3%A4%20b'), undefined)
  t.is(await sent('a=x&b=y; b=1'), undefined)
  t.is(await sent('list=+&list=%26; x=1&y=2'), undefined)
  t.deepEqual(await sent('a=y; b=x; list=+&list=b'), [
    'cookie a: must be one of the listed values',
    'cookie b: must be an integer',
    'cookie list /1: must be one of the listed values',
  ])
})

test('OAS: an operation’s parameter overrides that of its path item; an empty value passes where it is allowed', async (t) => {
  const plane = await guarding(t, {
    '/in': {
      parameters: [parameter('a', 'query', integer, { required: true })],
      get: {
        parameters: [parameter('a', 'query', { type: 'string', minLength: 3 }, { allowEmptyValue: true })],
        ...OK,
      },
      put: OK,
    },
  })
  t.is(await objections(plane, '/in'), undefined)
  t.is(await objections(plane, '/in?a='), undefined)
  t.deepEqual(await objections(plane, '/in?a=xy'), ['query a: must have at least 3 characters'])
  t.deepEqual(await objections(plane, '/in', { method: 'PUT' }), ['query a: is required'])
})

import test from 'ava'
import { type MergeInput, mergeDocument } from '../../src/api/merge/merge-document.ts'
import { noFolder } from '../../src/document/folder.ts'
import { loadDocument } from '../../src/document/load-document.ts'
import { mergeLines } from '../../src/document/merge/merge-lines.ts'
import { mergeValues } from '../../src/document/merge/three-way.ts'
import { compiled } from './compiled.ts'

const PLAIN = `openapi: 3.1.0
info: { title: Pets, version: '1' }   # ours is the version
paths:
  # all of them
  /pets:
    get:
      operationId: listPets
      summary: Lists pets
      responses: { '200': { description: ok } }
  /pets/{petId}:
    get:
      operationId: getPet
      summary: One pet
      parameters: [{ name: petId, in: path, required: true, schema: { type: string } }]
      responses: { '200': { description: ok } }
    delete:
      responses: { '204': { description: gone } }
`
const EXTENSION = `
# what the gateway does
x-gateway:
  server:
    listenPath: { value: /pets/ }   # known to all
  upstream:
    url: http://127.0.0.1:3000
  middleware:
    operations:
      # lists are slow
      listPets:
        timeout: 9s   # nine
      getPet: { timeout: 2s }
      DELETE /pets/{id}: { block: { enabled: true } }
`
const CURRENT = PLAIN + EXTENSION

function merged(next: string, changes: Partial<MergeInput> & { readonly text?: string } = {}) {
  const { text = CURRENT, ...rest } = changes
  const current = loadDocument('pets.yaml', text).document
  if (!current) throw new Error('unreadable')
  return mergeDocument({ current, base: PLAIN, next, folder: noFolder, renames: new Map(), ...rest })
}

test('an unchanged version changes nothing, byte by byte', (t) => {
  const { text, plan, conflicts } = merged(PLAIN)
  t.is(text, CURRENT)
  t.deepEqual([plan.added, plan.changed, plan.removed, plan.moved, conflicts], [[], [], [], [], []])
  t.deepEqual(new Set(plan.policies.map(({ fate }) => fate)), new Set(['kept']))
})

test('comments of both sides and changes of both sides stay', (t) => {
  const next = PLAIN.replace("'1'", "'2'").replace(
    '  # all of them\n',
    '  # all of them, and more\n  /cats:\n    get: { responses: {} }\n',
  )
  const text = CURRENT.replace('summary: Lists pets', 'summary: Lists all pets   # by hand')
  const outcome = merged(next, { text })
  t.is(outcome.text, next.replace('summary: Lists pets', 'summary: Lists all pets   # by hand') + EXTENSION)
  t.deepEqual([outcome.plan.added, outcome.plan.changed], [['GET /cats'], []])
})

test('policies follow an operation by its operationId, wherever it moves', (t) => {
  const next = PLAIN.replace('  /pets:\n', '  /animals:\n')
  const { text = '', plan } = merged(next)
  t.deepEqual(plan.moved, [{ from: 'listPets (GET /pets)', to: 'listPets (GET /animals)' }])
  t.true(text.includes('      # lists are slow\n      listPets:\n        timeout: 9s   # nine'))
  t.deepEqual(
    plan.policies.filter(({ fate }) => fate !== 'kept'),
    [],
  )
  t.deepEqual(
    compiled(text).diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  )
})

test('policies follow by method and path when the operationId changes, and their key changes with it', (t) => {
  const next = PLAIN.replace('operationId: listPets', 'operationId: allPets').replace('{petId}', '{key}')
  const { text = '', plan } = merged(next)
  t.true(text.includes('      # lists are slow\n      allPets:\n        timeout: 9s   # nine'), text)
  t.deepEqual(plan.policies[0], { key: 'listPets', fate: 'moved', to: 'allPets' })
  t.is(
    compiled(text)
      .api?.routes.operations.find(({ id }) => id === 'allPets')
      ?.policies.get('timeout'),
    9000,
  )
})

test('what has no operation any more is kept as an orphan, with its comments and a suggestion, and comes back', (t) => {
  const next = PLAIN.replace('/pets:\n', '/v2/pets:\n').replace('operationId: listPets', 'operationId: listAllPets')
  const { text = '', plan } = merged(next)
  t.deepEqual(plan.policies[0], { key: 'listPets', fate: 'orphaned', suggestion: 'listAllPets' })
  t.deepEqual([plan.removed, plan.added], [['listPets'], ['listAllPets']])
  t.regex(text, /orphans:\n\s+listPets:\n\s+timeout: 9s {3}# nine/)
  const { api, diagnostics } = compiled(text)
  t.is(api?.routes.operations.find(({ id }) => id === 'listAllPets')?.policies.size, 0)
  t.deepEqual(diagnostics.filter(({ code }) => code === 'GW2110').length, 1)
  const renamed = merged(next, { renames: new Map([['listPets', 'listAllPets']]) })
  t.deepEqual(renamed.plan.policies[0], { key: 'listPets', fate: 'moved', to: 'listAllPets' })
  t.true(renamed.text?.includes('      # lists are slow\n      listAllPets:\n        timeout: 9s   # nine'))
  const back = merged(PLAIN, { text, base: next })
  t.deepEqual(back.plan.policies[0], { key: 'listPets', fate: 'restored' })
  t.false(back.text?.includes('orphans'))
})

test('policies that stand on operations and paths follow as well, or become orphans', (t) => {
  const inline = CURRENT.replace(
    'operationId: getPet\n',
    'operationId: getPet\n      x-gateway: { timeout: 7s } # slow\n',
  ).replace('  /pets:\n', '  /pets:\n    x-gateway: { requestSizeLimit: 1kb }\n')
  const next = PLAIN.replace('/pets/{petId}', '/animals/{petId}').replace("'1'", "'2'")
  const moved = merged(next, { text: inline })
  t.regex(moved.text ?? '', /operationId: getPet\n\s+x-gateway: \{ timeout: 7s \} # slow/)
  t.regex(moved.text ?? '', / {2}\/pets:\n {4}x-gateway: \{ requestSizeLimit: 1kb \}/)
  const gone = PLAIN.slice(0, PLAIN.indexOf('  /pets/{petId}'))
  const { text = '', plan } = merged(gone, { text: inline })
  t.deepEqual(
    plan.policies
      .filter(({ fate }) => fate === 'orphaned')
      .map(({ key }) => key)
      .sort(),
    ['DELETE /pets/{id}', 'getPet', 'getPet'],
  )
  t.regex(text, /getPet \(2\):\n\s+timeout: 7s/)
})

const ORDERS = `openapi: 3.1.0
info: { title: Orders, version: '1' }
paths:
  /orders:
    get: { operationId: listOrders, responses: { '200': { description: ok } } }
    delete: { operationId: dropOrders, responses: { '204': { description: gone } } }
  /carts:
    get: { operationId: listCarts, responses: { '200': { description: ok } } }
`
const UPSTREAM = 'x-gateway: { upstream: { url: http://127.0.0.1:3000 } }\n'
const withItems = (items: Readonly<Record<string, string>>): string =>
  Object.entries(items).reduce(
    (text, [path, policies]) => text.replace(`  ${path}:\n`, `  ${path}:\n    x-gateway: ${policies}\n`),
    ORDERS,
  ) + UPSTREAM

/** The policies that hold for each operation. */
const held = (text: string | undefined): Readonly<Record<string, readonly string[]>> => {
  const operations = compiled(text ?? '').api?.routes.operations ?? []
  const named = operations.flatMap(({ id, policies }) => (id ? [[id, [...policies.keys()].sort()] as const] : []))
  return Object.fromEntries(named)
}

test('policies of a path protect all its operations when these part ways, and the plan says so', (t) => {
  const text = withItems({ '/orders': '{ limit: { rate: 1 }, timeout: 4s }' })
  const both = ['limit', 'timeout']
  const first = ORDERS.replace(/ {4}get: { operationId: listOrders.*\n/, '').replace(
    '  /carts:',
    "  /v2/orders:\n    get: { operationId: listOrders, responses: { '200': { description: ok } } }\n  /carts:",
  )
  const outcome = merged(first, { text, base: ORDERS })
  t.deepEqual(held(outcome.text), { dropOrders: both, listOrders: both, listCarts: [] })
  t.deepEqual(outcome.plan.policies, [{ key: '/orders', fate: 'copied', to: '/v2/orders' }])
  const apart = first.replace('  /orders:', '  /v3/orders:')
  const parted = merged(apart, { text, base: ORDERS })
  t.deepEqual(held(parted.text), { dropOrders: both, listOrders: both, listCarts: [] })
  t.deepEqual(
    parted.plan.policies.map(({ fate, to }) => [fate, to]),
    [
      ['moved', '/v2/orders'],
      ['moved', '/v3/orders'],
    ],
  )
})

test('two paths whose operations move to one bring the policies of both; what differs becomes an orphan', (t) => {
  const next = ORDERS.replace(/ {2}\/carts:[\s\S]*/, '')
    .replace('  /orders:', '  /all:')
    .replace('    delete', "    put: { operationId: listCarts, responses: { '200': { description: ok } } }\n    delete")
  const merge = (orders: string, carts: string) =>
    merged(next, { text: withItems({ '/orders': orders, '/carts': carts }), base: ORDERS })
  const apart = merge('{ limit: { rate: 1 } }', '{ timeout: 5s }')
  t.deepEqual(new Set(Object.values(held(apart.text)).map(String)), new Set(['limit,timeout']))
  const clash = merge('{ timeout: 4s }', '{ timeout: 5s }')
  t.deepEqual(clash.plan.policies, [
    { key: '/orders', fate: 'moved', to: '/all' },
    { key: '/carts', fate: 'orphaned' },
  ])
  t.regex(clash.text ?? '', /orphans:[\s\S]*\/carts[\s\S]*timeout: 5s/)
  t.deepEqual(
    merge('{ timeout: 4s }', '{ timeout: 4s }').plan.policies.map(({ fate }) => fate),
    ['moved', 'moved'],
  )
})

test('policies of a path that stays are not those of another whose operation comes to it', (t) => {
  const text = withItems({ '/orders': '{ timeout: 4s }', '/carts': '{ timeout: 5s }' })
  const next = ORDERS.replace(/ {4}delete: { operationId: dropOrders.*\n/, '').concat(
    "    delete: { operationId: dropOrders, responses: { '204': { description: gone } } }\n",
  )
  const { text: after = '', plan } = merged(next, { text, base: ORDERS })
  const timeouts = compiled(after).api?.routes.operations.map(({ id, policies }) => [id, policies.get('timeout')])
  t.deepEqual(Object.fromEntries(timeouts ?? []), { listOrders: 4000, dropOrders: 5000, listCarts: 5000 })
  t.deepEqual(plan.policies, [{ key: '/orders', fate: 'orphaned' }])
  t.true(compiled(after).diagnostics.some(({ code }) => code === 'GW2110'))
})

test('policies of one operation that stood in two places both come back, unless both name one policy', (t) => {
  const gone = PLAIN.slice(0, PLAIN.indexOf('  /pets/{petId}'))
  const back = (policies: string) => {
    const own = `operationId: getPet\n      x-gateway: ${policies}\n`
    const text = CURRENT.replace('operationId: getPet\n', own)
    return merged(PLAIN, { text: merged(gone, { text }).text ?? '', base: gone }).text ?? ''
  }
  const apart = compiled(back('{ limit: { rate: 5 } }')).api
  const names = apart?.routes.operations.find(({ id }) => id === 'getPet')?.policies.keys() ?? []
  t.deepEqual([...names].sort(), ['limit', 'timeout'])
  t.regex(back('{ timeout: 7s }'), /orphans:\n\s+getPet \(2\):\n\s+timeout: 7s/)
})

test('a place that both sides changed is a conflict until somebody decides', (t) => {
  const text = CURRENT.replace('summary: One pet', 'summary: Ours')
  const next = PLAIN.replace('summary: One pet', 'summary: Theirs')
  const open = merged(next, { text })
  t.is(open.text, undefined)
  t.deepEqual(open.conflicts, [{ path: ['paths', '/pets/{petId}', 'get', 'summary'], current: 'Ours', next: 'Theirs' }])
  t.true(merged(next, { text, prefer: 'current' }).text?.includes('summary: Ours'))
  t.true(merged(next, { text, prefer: 'new' }).text?.includes('summary: Theirs'))
})

test('without the original, the new version stands and only the extension is kept; also from JSON to YAML', (t) => {
  const next = {
    openapi: '3.1.0',
    info: { title: 'Pets', version: '7' },
    paths: { '/pets': { get: { operationId: 'listPets' } } },
  }
  const { text = '', plan } = merged(JSON.stringify(next), { base: undefined })
  t.true(text.includes('# what the gateway does') && text.includes("version: '7'") && text.includes('# known to all'))
  t.deepEqual(plan.changed, ['listPets'])
  t.false(text.includes('One pet'))
})

test('three-way: one side’s change stands, alike changes stand once, and arrays are one thing', (t) => {
  const base = { a: 1, b: [1], c: { d: 1 }, e: 1 }
  t.deepEqual(mergeValues(base, { ...base, a: 2 }, { ...base, b: [2] }, 'new').value, { ...base, a: 2, b: [2] })
  t.deepEqual(mergeValues(base, { a: 1, b: [1], c: { d: 1 } }, { ...base, c: { d: 1, f: 2 } }, 'new').value, {
    a: 1,
    b: [1],
    c: { d: 1, f: 2 },
  })
  t.is(mergeValues(base, { ...base, b: [1, 2] }, { ...base, b: [1, 3] }, 'new').conflicts.length, 1)
  t.is(
    mergeValues(base, { ...base, e: 5 }, { a: 1, b: [1], c: { d: 1 } }, 'new').conflicts.length,
    1,
    'changed and removed',
  )
})

test('lines are merged unless both sides changed the same ones', (t) => {
  t.is(mergeLines('a\nb\nc\nd', 'A\nb\nc\nd', 'a\nb\nc\nD'), 'A\nb\nc\nD')
  t.is(mergeLines('a\nb', 'a\nb\nours', 'a\nb\ntheirs'), 'a\nb\ntheirs\nours')
  t.is(mergeLines('a\nb', 'a\nX', 'a\nY'), undefined)
  t.is(mergeLines('a\nb', 'a\nX', 'a\nX'), 'a\nX')
})

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { command, filesFor } from '../_kit/command.ts'
import { gatewayFor, type TestGateway } from '../_kit/gateway.ts'

const document = (title: string, more = ''): string =>
  `openapi: 3.1.0\ninfo: { title: ${title}, version: '1' }   # kept\npaths: {}\nx-gateway:\n  upstream: { url: http://127.0.0.1:9 }\n${more}`
const to = ({ adminUrl, adminSecret }: TestGateway) => ({
  environment: { GATEHOUSE_ADMIN: adminUrl, GATEHOUSE_ADMIN_SECRET: adminSecret },
})

test('diff exits with 2 on a difference, apply makes it go away, and dump brings the same bytes back', async (t) => {
  const gateway = await gatewayFor(t, { documents: { 'old.yaml': document('Old'), 'same.yaml': document('Same') } })
  const folder = filesFor(t, {
    'same.yaml': document('Same', '# changed\n'),
    'new.json': JSON.parse(
      '{"openapi":"3.1.0","info":{"title":"New","version":"1"},"paths":{},"x-gateway":{"upstream":{"url":"http://127.0.0.1:9"}}}',
    ) as object,
  })
  const before = await command(['diff', folder], to(gateway))
  t.is(before.code, 2)
  t.regex(before.stdout, /new new\n[\s\S]*only-there old\n[\s\S]*changed same\n[\s\S]*\+# changed/)
  const dry = await command(['apply', folder, '--prune', '--dry-run'], to(gateway))
  t.is(dry.stdout, 'remove old\ncreate new\nreplace same\n')
  t.deepEqual(readdirSync(gateway.folder).sort(), ['old.yaml', 'same.yaml'])
  const applied = await command(['apply', folder, '--prune'], to(gateway))
  t.deepEqual([applied.code, applied.stdout], [0, dry.stdout])
  t.is((await command(['diff', folder], to(gateway))).code, 0)
  t.regex((await command(['apply', folder, '--prune'], to(gateway))).stdout, /^2 unchanged\n$/)
  const out = filesFor(t)
  t.is((await command(['dump', '--out', out], to(gateway))).code, 0)
  for (const name of ['same.yaml', 'new.json'])
    t.is(readFileSync(join(out, name), 'utf8'), readFileSync(join(folder, name), 'utf8'))
  writeFileSync(join(out, 'same.yaml'), 'mine')
  t.is(
    (await command(['dump', '--out', out], to(gateway))).code,
    2,
    'a file that says something else is not overwritten',
  )
})

test('a document that the gateway refuses does not stop the others, and what others changed is not overwritten', async (t) => {
  const gateway = await gatewayFor(t, {
    documents: { 'taken.yaml': document('Taken', '  server: { listenPath: { value: /here/ } }\n') },
  })
  const folder = filesFor(t, {
    'a.yaml': document('A', '  server: { listenPath: { value: /here/ } }\n'),
    'b.yaml': document('B'),
    'broken.yaml': 'openapi: 3.1.0\npaths: 7\nx-gateway: {}\n',
  })
  const { code, stdout, stderr } = await command(['apply', folder], to(gateway))
  t.is(code, 1)
  t.regex(stdout, /create a FAILED: .*listen path \/here is taken[^\n]*\ncreate b\n/)
  t.regex(stderr, /broken\.yaml:/)
  const json = JSON.parse((await command(['diff', folder, '--json'], to(gateway))).stdout) as {
    same: boolean
    apis: { id: string }[]
  }
  t.deepEqual([json.same, json.apis.map(({ id }) => id)], [false, ['a', 'taken']])
})

const there = (gateway: TestGateway): string[] => readdirSync(gateway.folder).sort()

test('apply --prune removes nothing while a document here cannot be served; the others are brought all the same', async (t) => {
  const gateway = await gatewayFor(t, {
    documents: { 'one.yaml': document('One'), 'two.yaml': document('Two'), 'old.yaml': document('Old') },
  })
  const listening = (key: string): string => document('Two', `  server: { ${key}: { value: /two/ } }\n`)
  const folder = filesFor(t, {
    'one.yaml': document('One', '# changed\n'),
    'two.yaml': listening('listenPaht'),
    'new.yaml': document('New'),
  })
  const dry = await command(['apply', folder, '--prune', '--dry-run'], to(gateway))
  t.deepEqual([dry.code, dry.stdout], [1, 'create new\nreplace one\n'])
  t.regex(dry.stderr, /GW2101[\s\S]*nothing is removed [^\n]*two\.yaml\); kept: old, two\n/)
  const json = await command(['apply', folder, '--prune', '--dry-run', '--json'], to(gateway))
  t.deepEqual((JSON.parse(json.stdout) as { withheld: string[] }).withheld, ['old', 'two'])
  const applied = await command(['apply', folder, '--prune'], to(gateway))
  t.deepEqual([applied.code, applied.stdout, applied.stderr], [1, dry.stdout, dry.stderr])
  t.deepEqual(there(gateway), ['new.yaml', 'old.yaml', 'one.yaml', 'two.yaml'])
  writeFileSync(join(folder, 'two.yaml'), listening('listenPath'))
  const mended = await command(['apply', folder, '--prune'], to(gateway))
  t.deepEqual([mended.code, mended.stdout], [0, 'remove old\nreplace two\n2 unchanged\n'])
})

test('apply --prune removes nothing while a name of the environment is not set here, or two documents want one id', async (t) => {
  const gateway = await gatewayFor(t, { documents: { 'one.yaml': document('One'), 'two.yaml': document('Two') } })
  const unset = document('Two').replace('http://127.0.0.1:9', 'env:NOT_SET_HERE')
  const withUnset = filesFor(t, { 'one.yaml': document('One'), 'two.yaml': unset })
  t.is((await command(['apply', withUnset, '--prune'], to(gateway))).code, 1)
  const twice = filesFor(t, { 'one.yaml': document('One'), 'two.yaml': document('One') })
  t.is((await command(['apply', twice, '--prune'], to(gateway))).code, 1)
  t.deepEqual(there(gateway), ['one.yaml', 'two.yaml'])
})

test('a document of several files arrives whole', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  const many = document('Many').replace('paths: {}', "paths: { /a: { $ref: 'parts/a.yaml' } }")
  const folder = filesFor(t, {
    'many.yaml': many,
    'parts/a.yaml': "get: { operationId: getA, responses: { '200': { description: ok } } }\n",
  })
  const applied = await command(['apply', folder], to(gateway))
  t.is(applied.code, 0, applied.stderr + applied.stdout)
  t.is((await command(['diff', folder], to(gateway))).code, 0)
  const shown = await command(['export', 'many', '--public'], to(gateway))
  t.true(shown.stdout.includes('operationId: getA'))
})

test('a document of several files is protected there as it is here: what stands beside a $ref arrives as well', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  const item = `paths:
  /pets:
    $ref: pets.yaml
    x-gateway: { ipAccess: { allow: ['10.0.0.0/8'] } }
    put: { operationId: replacePets, responses: { '200': { description: ok } } }
`
  const folder = filesFor(t, {
    'many.yaml': document('Many').replace('paths: {}\n', item),
    'pets.yaml': `get: { operationId: listPets, responses: { '200': { description: ok } } }
delete: { operationId: dropPets, x-gateway: { block: {} }, responses: { '204': { description: gone } } }
`,
  })
  const routes = async (of: string) => (await command(['routes', join(of, 'many.yaml')], to(gateway))).stdout
  t.is((await routes(folder)).match(/ipAccess/g)?.length, 3)
  t.is((await command(['apply', folder], to(gateway))).code, 0)
  t.is(await routes(gateway.folder), await routes(folder))
})

test('nobody answering, a wrong secret and wrong use are told apart', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  const folder = filesFor(t, { 'a.yaml': document('A') })
  const { adminUrl } = gateway
  const wrong = await command(['diff', folder], {
    environment: { GATEHOUSE_ADMIN: adminUrl, GATEHOUSE_ADMIN_SECRET: 'wrong' },
  })
  t.is(wrong.code, 1)
  t.regex(wrong.stderr, /not valid/)
  t.is((await command(['diff', folder], { environment: { GATEHOUSE_ADMIN: adminUrl } })).code, 2)
  t.is((await command(['diff', join(folder, 'none')], to(gateway))).code, 2)
})

test('client and token are shortcuts over the admin API; a secret is shown once', async (t) => {
  const oauth = `security: [{ oauth: [] }]
components: { securitySchemes: { oauth: { type: oauth2, flows: { clientCredentials: { tokenUrl: /token, scopes: {} } } } } }
`
  const secured = document(
    'Pets',
    '  server: { authentication: { enabled: true, securitySchemes: { oauth: { enabled: true } } } }\n',
  ).replace('x-gateway:', `${oauth}x-gateway:`)
  const gateway = await gatewayFor(t, { documents: { 'pets.yaml': secured } })
  const created = await command(['client', 'create', 'pets', '--name', 'Report', '--json'], to(gateway))
  const { client_id: id, client_secret: secret } = JSON.parse(created.stdout) as Record<string, string>
  t.truthy(secret)
  t.regex((await command(['client', 'list', 'pets'], to(gateway))).stdout, new RegExp(`${id}[\\s\\S]*Report`))
  t.false((await command(['client', 'show', 'pets', id ?? ''], to(gateway))).stdout.includes(secret ?? ''))
  const answer = await fetch(`${gateway.url}/pets/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id ?? '', client_secret: secret ?? '' }),
  })
  const { access_token: token } = (await answer.json()) as { access_token: string }
  const call = async () =>
    (await fetch(`${gateway.url}/pets/x`, { headers: { authorization: `Bearer ${token}` } })).status
  t.is(await call(), 502, 'let through, to an upstream that is not there')
  t.regex((await command(['token', 'list', 'pets', id ?? ''], to(gateway))).stdout, /client_credentials/)
  t.is((await command(['token', 'revoke', id ?? ''], { ...to(gateway), stdin: `${token}\n` })).code, 0)
  t.is(await call(), 401)
  t.is((await command(['client', 'remove', 'pets', id ?? ''], to(gateway))).code, 0)
  t.is((await command(['client', 'show', 'pets', id ?? ''], to(gateway))).code, 1)
  t.is((await command(['client', 'bake', 'pets'], to(gateway))).code, 2)
})

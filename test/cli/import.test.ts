import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { command, filesFor } from '../_kit/command.ts'

const PLAIN = `openapi: 3.1.0
info: { title: Pets, version: '1' }   # by hand
servers: [{ url: http://127.0.0.1:9 }]
paths:
  /pets:
    get: { operationId: listPets, responses: { '200': { description: ok } } }
`
const read = (...path: string[]): string => readFileSync(join(...path), 'utf8')

test('a file is imported once, with its text as it was; again it needs a mode', async (t) => {
  const folder = filesFor(t, { 'pets.yaml': PLAIN })
  const argv = ['import', join(folder, 'pets.yaml'), '--out', join(folder, 'apis')]
  const first = await command([...argv, '--allow-list'])
  t.is(first.code, 0, first.stderr)
  t.regex(
    first.stdout,
    /pets\.yaml: imported\n {2}API {9}pets, in .*apis\/pets\.yaml\n {2}listens at {2}\/pets\/\n {2}upstream {4}http:\/\/127\.0\.0\.1:9/,
  )
  t.true(read(folder, 'apis/pets.yaml').startsWith(PLAIN))
  t.is((await command(['check', join(folder, 'apis'), '--fail-on', 'warning'])).code, 0)
  const again = await command(argv)
  t.is(again.code, 1)
  t.regex(again.stdout, /--mode merge/)
  t.is((await command([...argv, '--mode', 'replace', '--listen-path', '/cats/'])).code, 0)
  t.true(read(folder, 'apis/pets.yaml').includes('/cats/'))
})

test('--dry-run says what would happen and writes nothing, not even a folder', async (t) => {
  const folder = filesFor(t, { 'pets.yaml': PLAIN })
  const { code, stdout } = await command([
    'import',
    join(folder, 'pets.yaml'),
    '--out',
    join(folder, 'apis'),
    '--dry-run',
  ])
  t.is(code, 0)
  t.regex(stdout, /dry run: nothing was written/)
  t.deepEqual(readdirSync(folder), ['pets.yaml'])
})

test('the next version is merged: the plan names operations and policies, and a rename is suggested and confirmed', async (t) => {
  const folder = filesFor(t, { 'pets.yaml': PLAIN })
  const out = join(folder, 'apis')
  await command(['import', join(folder, 'pets.yaml'), '--out', out])
  const file = join(out, 'pets.yaml')
  const policies = '  middleware:\n    operations:\n      listPets: { timeout: 9s } # slow\n'
  writeFileSync(file, read(file) + policies)
  const next = PLAIN.replace('/pets:', '/v2/pets:').replace('listPets', 'listAllPets').replace("'1'", "'2'")
  const argv = ['import', '-', '--out', out, '--mode', 'merge']
  const plan = await command([...argv, '--dry-run'], { stdin: next })
  t.regex(
    plan.stdout,
    /\+ listAllPets\n {2}- listPets\n {2}policies of listPets: orphaned \(kept without effect\) — did it become listAllPets\? --rename 'listPets=listAllPets'/,
  )
  const done = await command([...argv, '--rename', 'listPets=listAllPets', '--json'], { stdin: next })
  const [result] = (JSON.parse(done.stdout) as { results: { outcome: string; plan: { policies: object[] } }[] }).results
  t.deepEqual(
    [result?.outcome, result?.plan.policies],
    ['merged', [{ key: 'listPets', fate: 'moved', to: 'listAllPets' }]],
  )
  t.true(read(file).endsWith(policies.replace('listPets', 'listAllPets')))
  t.true(read(file).includes("version: '2' }   # by hand"))
})

test('a folder, documents of several files and Swagger 2.0 are imported as what they are', async (t) => {
  const swagger = { swagger: '2.0', info: { title: 'Old', version: '1' }, host: 'old.example', paths: {} }
  const many = PLAIN.replace('title: Pets', 'title: Many').replace('{ description: ok }', "{ $ref: 'parts/ok.yaml' }")
  const folder = filesFor(t, {
    'in/old.json': swagger,
    'in/many/openapi.yaml': many,
    'in/many/parts/ok.yaml': 'description: fine\n',
    'in/notes.txt': 'no',
  })
  const out = join(folder, 'apis')
  const { code, stdout } = await command(['import', join(folder, 'in'), '--out', out])
  t.is(code, 0, stdout)
  t.deepEqual(readdirSync(out).sort(), ['.originals', 'many', 'old.json'])
  t.true(existsSync(join(out, 'many/parts/ok.yaml')))
  t.is((await command(['check', out])).code, 0)
  const checked = JSON.parse((await command(['check', out, '--json'])).stdout) as { documents: { id: string }[] }
  t.deepEqual(checked.documents.map(({ id }) => id).sort(), ['many', 'old'])
})

test('parts of a document are merged as well: what was changed in them here stays', async (t) => {
  const many = PLAIN.replace('{ description: ok }', "{ $ref: 'ok.yaml' }")
  const folder = filesFor(t, { 'in/pets.yaml': many, 'in/ok.yaml': 'description: fine\n\n\nheaders: {}\n' })
  const [out, part] = [join(folder, 'apis'), join(folder, 'apis/pets/ok.yaml')]
  await command(['import', join(folder, 'in/pets.yaml'), '--out', out])
  writeFileSync(part, read(part).replace('fine', 'fine # ours'))
  writeFileSync(join(folder, 'in/ok.yaml'), 'description: fine\n\n\nheaders: {}   # theirs\n')
  const argv = ['import', join(folder, 'in/pets.yaml'), '--out', out, '--mode', 'merge']
  t.is((await command(argv)).code, 0)
  t.is(read(part), 'description: fine # ours\n\n\nheaders: {}   # theirs\n')
  writeFileSync(join(folder, 'in/ok.yaml'), 'description: good\n')
  const conflict = await command(argv)
  t.is(conflict.code, 1)
  t.regex(conflict.stdout, /conflict .*ok\.yaml/)
  t.is((await command([...argv, '--prefer', 'new'])).code, 0)
  t.is(read(part), 'description: good\n')
})

test('frames show the text that a diagnostic is about, written or not', async (t) => {
  const folder = filesFor(t, { 'pets.yaml': PLAIN })
  const out = join(folder, 'apis')
  await command(['import', join(folder, 'pets.yaml'), '--out', out])
  const file = join(out, 'pets.yaml')
  writeFileSync(file, `${read(file)}  middleware: { operations: { listPets: { timeout: 9s } } }\n`)
  const next = `${PLAIN.replace('listPets', 'other').replace('/pets:', '/else:')}# one more line\n`
  const { stdout } = await command(['import', '-', '--out', out, '--mode', 'merge', '--dry-run'], { stdin: next })
  t.regex(stdout, /warning GW2110 [^\n]*\n +\d+ \| [^\n]*listPets/)
  const swagger = { swagger: '2.0', info: { title: 'Old', version: '1' }, paths: {} }
  const old = filesFor(t, {
    'old.json': {
      ...swagger,
      host: 'a.example',
      securityDefinitions: { key: { type: 'apiKey', in: 'header', name: 'k' } },
    },
  })
  const converted = await command(['import', join(old, 'old.json'), '--out', out, '--auth'])
  t.regex(converted.stdout, /old\.json \(as OpenAPI 3\):\d+:\d+ warning GW6201/)
})

test('two documents of one title are not versions of each other', async (t) => {
  const folder = filesFor(t, { 'in/a.yaml': PLAIN, 'in/b.yaml': PLAIN.replace('/pets:', '/cats:') })
  const { code, stdout } = await command([
    'import',
    join(folder, 'in'),
    '--out',
    join(folder, 'apis'),
    '--mode',
    'merge',
  ])
  t.is(code, 1)
  t.regex(stdout, /a\.yaml: imported\n[\s\S]*b\.yaml: not imported/)
  t.true(read(folder, 'apis/pets.yaml').startsWith(PLAIN))
})

test('long work says on standard error how far it is', async (t) => {
  const files = Array.from(
    { length: 205 },
    (_, index) => [`in/a${index}.yaml`, PLAIN.replace('Pets', `Pets ${index}`)] as const,
  )
  const folder = filesFor(t, Object.fromEntries(files))
  const { stderr, stdout } = await command([
    'import',
    join(folder, 'in'),
    '--out',
    join(folder, 'apis'),
    '--dry-run',
    '--json',
  ])
  t.is(stderr, 'imported: 100 of 205\nimported: 200 of 205\n')
  t.is((JSON.parse(stdout) as { results: object[] }).results.length, 205)
  const checked = await command(['check', join(folder, 'in'), '--json'])
  t.is(checked.stderr, 'checked: 100\nchecked: 200\n')
})

test('what cannot be imported says why, and the exit code tells refusal from wrong use', async (t) => {
  const folder = filesFor(t, {
    'broken.yaml': 'openapi: 3.1.0\ninfo: [',
    'nowhere.yaml': PLAIN.replace(/servers.*\n/, ''),
  })
  const out = ['--out', join(folder, 'apis')]
  const broken = await command(['import', join(folder, 'broken.yaml'), ...out])
  t.is(broken.code, 1)
  t.regex(broken.stderr, /broken\.yaml:2:\d+ error GW1102/)
  const nowhere = await command(['import', join(folder, 'nowhere.yaml'), ...out])
  t.is(nowhere.code, 1)
  t.regex(nowhere.stderr, /GW4102/)
  t.is((await command(['import', join(folder, 'nowhere.yaml'), '--upstream', 'http://127.0.0.1:9', ...out])).code, 0)
  for (const argv of [
    ['import'],
    ['import', 'no-such-file'],
    ['import', folder, '--mode', 'x'],
    ['import', 'http://127.0.0.1:1/x'],
  ]) {
    t.is((await command([...argv, ...out])).code, 2, argv.join(' '))
  }
})

test('a URL where nobody answers is said to be so, by the program itself', async (t) => {
  const program = join(import.meta.dirname, '../../src/cli/main.ts')
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile(process.execPath, [program, 'import', 'http://127.0.0.1:1/openapi.yaml'], (error, _, stderr) =>
      resolve({ code: error?.code, stderr }),
    )
  })
  t.is(code, 2)
  t.regex(stderr, /^error: http:\/\/127\.0\.0\.1:1\/openapi\.yaml cannot be fetched: /)
})

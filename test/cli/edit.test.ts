import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { command, filesFor } from '../_kit/command.ts'

const DOCUMENT = `# ours
openapi: 3.1.0
info: { title: Pets, version: '1' }
paths:
  /pets:
    get: { operationId: listPets, responses: { '200': { description: ok } } }  # all
x-gateway:
  server:
    # the address
    listenPath: { value: /pets/ }
    hosts: [a.example]
  upstream:
    url: http://127.0.0.1:9 # near
`

test('settings are set and removed in the text, and nothing else in it changes', async (t) => {
  const folder = filesFor(t, { 'pets.yaml': DOCUMENT })
  const file = join(folder, 'pets.yaml')
  const { code, stdout, stderr } = await command([
    ...[
      'edit',
      file,
      '--set',
      'upstream.timeout.total=10s',
      'upstream.timeout.connect=2s',
      'server.listenPath.value=/cats/',
    ],
    ...['--set', '/paths/~1pets/get/x-gateway={ timeout: 2s }', '--unset', 'server.hosts'],
  ])
  t.is(code, 0, stderr)
  const want = DOCUMENT.replace('/pets/ }', '/cats/ }')
    .replace('    hosts: [a.example]\n', '')
    .replace('description: ok } } }', 'description: ok } }, x-gateway: { timeout: 2s } }')
    .replace('# near\n', '# near\n    timeout:\n      total: 10s\n      connect: 2s\n')
  t.is(readFileSync(file, 'utf8'), want)
  t.regex(stdout, /-.*hosts[\s\S]*\+.*total: 10s/)
  t.deepEqual(readdirSync(folder), ['pets.yaml'])
})

test('patches come as text, from a file or from standard input; a dry run shows the difference only', async (t) => {
  const folder = filesFor(t, { 'pets.yaml': DOCUMENT, patch: [{ op: 'replace', path: '/info/version', value: '2' }] })
  const file = join(folder, 'pets.yaml')
  const dry = await command(['edit', file, '--merge', '{"x-gateway":{"info":{"name":"P"}}}', '--dry-run'])
  t.regex(dry.stdout, /\+ {2}info:\n\+ {4}name: P/)
  t.is(readFileSync(file, 'utf8'), DOCUMENT)
  t.is((await command(['edit', file, '--patch', `@${join(folder, 'patch')}`])).code, 0)
  t.is(readFileSync(file, 'utf8'), DOCUMENT.replace("'1'", "'2'"))
  const piped = await command(['edit', file, '--merge', '-', '--json'], { stdin: 'info: { version: "3" }' })
  t.like(JSON.parse(piped.stdout), { changed: true, written: true })
  t.is(readFileSync(file, 'utf8'), DOCUMENT.replace("'1'", "'3'"))
})

test('a document that could not be served is not written; wrong use is told apart', async (t) => {
  const folder = filesFor(t, { 'pets.yaml': DOCUMENT })
  const file = join(folder, 'pets.yaml')
  const broken = await command(['edit', file, '--set', 'upstream.url=nowhere'])
  t.is(broken.code, 1)
  t.regex(broken.stderr, /GW2102/)
  for (const argv of [
    ['--set', 'x'],
    ['--unset', 'nothing.here'],
    ['--patch', '[{"op":"x"}]'],
    ['--merge', '{'],
    ['--merge', '@none'],
  ]) {
    t.is((await command(['edit', file, ...argv])).code, 2, argv.join(' '))
  }
  t.is((await command(['edit', join(folder, 'none.yaml')])).code, 2)
  t.is(readFileSync(file, 'utf8'), DOCUMENT)
  const nothing = await command(['edit', file])
  t.deepEqual([nothing.code, nothing.stdout], [0, ''])
})

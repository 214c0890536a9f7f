import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import test from 'ava'
import { codeFrame } from '../../src/cli/check/code-frame.ts'
import { maskSecrets } from '../../src/cli/check/mask-secrets.ts'
import { commands } from '../../src/cli/commands/index.ts'
import { runCli } from '../../src/cli/run-cli.ts'
import type { Diagnostic } from '../../src/core/diagnostic.ts'

const ROOT = resolve(import.meta.dirname, '../..')
/** As one would type it: relative to the working folder, which is the root of the project. */
const FIXTURES = 'test/cli/fixtures'
const at = (name: string): string => join(FIXTURES, 'apis', name)

async function gatehouse(argv: readonly string[], colors = false) {
  let stdout = ''
  let stderr = ''
  const code = await runCli(argv, commands, {
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
    },
    colors,
    cwd: ROOT,
    environment: () => undefined,
    stopped: () => new Promise<void>(() => undefined),
  })
  return { code, stdout, stderr }
}

test('check prints each diagnostic with its place, code, line of source and hint', async (t) => {
  const { code, stdout, stderr } = await gatehouse(['check', join(FIXTURES, 'apis')])
  t.is(stdout, await readFile(join(ROOT, FIXTURES, 'check.txt'), 'utf8'))
  t.is(stderr, '')
  t.is(code, 1)
})

test('colours change nothing but colours', async (t) => {
  const { stdout } = await gatehouse(['check', join(FIXTURES, 'apis')], true)
  t.true(stdout.includes('\u001b[31merror'))
  t.is(stripVTControlCharacters(stdout), await readFile(join(ROOT, FIXTURES, 'check.txt'), 'utf8'))
})

test('errors fail the check; warnings do when asked to; anything else does not', async (t) => {
  t.is((await gatehouse(['check', at('pets.yaml')])).code, 0)
  t.is((await gatehouse(['check', at('tabs.json')])).code, 0)
  t.is((await gatehouse(['check', at('tabs.json'), '--fail-on', 'warning'])).code, 1)
  t.is((await gatehouse(['check', '--fail-on', 'warning', at('pets.yaml')])).code, 0)
  t.is((await gatehouse(['check', at('pets.yaml'), at('broken.yaml')])).code, 1)
})

test('files that are named one by one are documents that are served together', async (t) => {
  const { stdout } = await gatehouse(['check', at('pests.json'), at('pets.yaml'), at('notes.yaml'), '--format=json'])
  const { documents, diagnostics, summary } = JSON.parse(stdout)
  t.deepEqual(
    documents.map((one: { id?: string }) => one.id),
    ['pests', undefined, undefined],
  )
  t.deepEqual(
    diagnostics.filter((one: Diagnostic) => one.severity === 'error').map((one: Diagnostic) => one.code),
    ['GW5001', 'GW4301'],
  )
  t.like(summary, { documents: 3, error: 2, warning: 0, info: 1, hint: 0 })
})

test('files below the working folder are shown by their way from there', async (t) => {
  const { stdout } = await gatehouse(['check', join(ROOT, at('cats.yaml'))])
  t.true(stdout.startsWith(`${at('cats.yaml')}:5:23 `), stdout)
})

test('as JSON a check is one object with every field of every diagnostic', async (t) => {
  const { stdout, code } = await gatehouse(['check', at('cats.yaml'), '--format', 'json'])
  const report = JSON.parse(stdout)
  t.is(report.version, 1)
  t.deepEqual(report.documents, [{ file: at('cats.yaml') }])
  t.deepEqual(report.diagnostics[1], {
    code: 'GW2101',
    severity: 'error',
    message: 'unknown key "listenPaht"',
    hint: 'did you mean "listenPath"?',
    file: at('cats.yaml'),
    line: 7,
    column: 5,
    endLine: 7,
    endColumn: 15,
    pointer: '/x-gateway/server/listenPaht',
  })
  t.is(code, 1)
})

test('SARIF 2.1.0: results name their rule, level and region', async (t) => {
  const { stdout } = await gatehouse(['check', join(FIXTURES, 'apis'), '--format', 'sarif'])
  const { $schema, version, runs } = JSON.parse(stdout)
  t.is(version, '2.1.0')
  t.true($schema.includes('sarif-2.1.0'))
  const [{ tool, results, columnKind }] = runs
  t.is(columnKind, 'utf16CodeUnits')
  t.is(tool.driver.name, 'Gatehouse')
  for (const { ruleId, ruleIndex, level, message, locations } of results) {
    t.is(tool.driver.rules[ruleIndex].id, ruleId)
    t.true(tool.driver.rules[ruleIndex].shortDescription.text.length > 0, ruleId)
    t.true(['error', 'warning', 'note'].includes(level))
    t.true(message.text.length > 0)
    const { artifactLocation, region } = locations[0].physicalLocation
    t.regex(artifactLocation.uri, /^test\/cli\/fixtures\/apis\/[a-z]+\.(?:yaml|json)$/)
    t.true(region.startLine >= 1 && region.startColumn >= 1)
  }
  const stat = results.find((one: { message: { text: string } }) => one.message.text.includes('"stat"'))
  t.deepEqual(stat.locations[0].physicalLocation.region, { startLine: 5, startColumn: 23, endLine: 5, endColumn: 27 })
  t.is(stat.locations[0].logicalLocations[0].fullyQualifiedName, '/x-gateway/info/stat')
})

test('what is asked for wrongly exits with 2 and says why', async (t) => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /Usage: gatehouse/],
    [['chek', 'x'], /unknown command 'chek'\n\(Did you mean check\?\)/],
    [['check'], /missing required argument/],
    [['check', at('nope.yaml')], /nope\.yaml: there is no such file or folder/],
    [['check', at('parts')], /there is no OpenAPI document in this folder/],
    [['check', at('pets.yaml'), '--format', 'xml'], /Allowed choices are text, json, sarif/],
    [['check', at('pets.yaml'), '--fail-on', 'info'], /Allowed choices are error, warning/],
    [['check', at('pets.yaml'), '--frmat', 'json'], /unknown option '--frmat'/],
  ]
  for (const [argv, reason] of wrong) {
    const { code, stdout, stderr } = await gatehouse(argv)
    t.is(code, 2, argv.join(' '))
    t.regex(stderr, reason)
    t.is(stdout, '')
  }
})

test('help and version go to standard output and are no failure', async (t) => {
  for (const argv of [['--help'], ['check', '--help'], ['help', 'check'], ['--version']]) {
    const { code, stdout, stderr } = await gatehouse(argv)
    t.is(code, 0, argv.join(' '))
    t.true(stdout.length > 0)
    t.is(stderr, '')
  }
})

test('as a process: the exit code is told', async (t) => {
  const main = resolve(import.meta.dirname, '../../src/cli/main.ts')
  const run = (...argv: string[]) =>
    new Promise<{ code: unknown; stdout: string }>((done) => {
      execFile(process.execPath, [main, ...argv], { cwd: ROOT }, (error, stdout) =>
        done({ code: error?.code ?? 0, stdout }),
      )
    })
  const [good, bad, wrong] = await Promise.all([
    run('check', at('pets.yaml')),
    run('check', join(FIXTURES, 'apis')),
    run('check'),
  ])
  t.deepEqual([good.code, bad.code, wrong.code], [0, 1, 2])
  t.is(bad.stdout, await readFile(join(ROOT, FIXTURES, 'check.txt'), 'utf8'))
})

test('as a process: whoever stops reading the report makes no noise', async (t) => {
  const main = resolve(ROOT, 'src/cli/main.ts')
  const child = spawn(process.execPath, [main, 'check', join(FIXTURES, 'apis')], { cwd: ROOT })
  child.stdout.destroy()
  let stderr = ''
  child.stderr.on('data', (text) => {
    stderr += text
  })
  await once(child, 'close')
  t.is(stderr, '')
})

const diagnostic = (more: Partial<Diagnostic>): Diagnostic => {
  return { code: 'GW2101', severity: 'error', message: '', file: 'f', line: 1, column: 1, pointer: '/x', ...more }
}

test('a frame cannot be used to write to the terminal, and its carets stand below wide characters', (t) => {
  t.false(codeFrame('a: \u001b[2Jx\u202e', diagnostic({})).includes('\u001b'))
  t.is(
    codeFrame('\t猫e\u0301: x', diagnostic({ column: 7, endLine: 1, endColumn: 8 })),
    '    1 |   猫e\u0301: x\n      |        ^',
  )
  t.is(codeFrame('short', diagnostic({ column: 400 })), '    1 | short\n      |      ^')
  for (const column of [1, 5000, 10_000]) {
    const frame = codeFrame('x'.repeat(10_000), diagnostic({ column, endLine: 1, endColumn: 10_001 }))
    t.true(frame.split('\n').every((line) => line.length < 120))
  }
})

test('no secret stands in a frame, whether or not it was found to be one', (t) => {
  t.is(maskSecrets('x: abc', [diagnostic({ code: 'GW1302', column: 4, endColumn: 7 })]), 'x: ***')
  t.is(maskSecrets('x: abc', [diagnostic({ code: 'GW1302', column: 4 })]), 'x: ***')
  for (const line of [
    'clientSecret: s3cret, more',
    '"clientSecret": "a,s3cret}", "b": 1',
    "sharedSecret: 's3cret'",
    'provisionKey: s3cret',
    'password : s3cret # s3cret',
    'secrets: [s3cret]',
  ]) {
    t.false(maskSecrets(line, []).includes('s3cret'), line)
    t.is(maskSecrets(line, []).length, line.length)
  }
  for (const line of ['clientSecret: env:NAME', 'sharedSecret: "file:/run/x"', 'tokenUrl: /token', 'secretary: bob']) {
    t.is(maskSecrets(line, []), line)
  }
})

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import test from 'ava'
import { startStepOn } from '../../examples/step-on/main.ts'
import { stepOnDocument } from '../_kit/documents.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { forTest } from '../_kit/world.ts'

const README = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8')

interface Step {
  readonly commands: string
  /** What is printed; `…` stands for anything within a line. */
  readonly shown: string
}

const steps: readonly Step[] = [
  ...(/<!-- tour -->([\s\S]*?)<!-- \/tour -->/.exec(README)?.[1] ?? '').matchAll(
    /```sh\n([\s\S]*?)```\n+```text\n([\s\S]*?)```/g,
  ),
].map(([, commands = '', shown = '']) => ({ commands, shown }))

test('the README’s tour prints what the README says', async (t) => {
  const upstream = await forTest(t, startStepOn())
  const login = 'http://127.0.0.1:3001/login'
  const gateway = await gatewayFor(t, { documents: { 'a.json': stepOnDocument({ upstream: upstream.url, login }) } })
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-tour-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const here = (text: string): string =>
    text
      .replaceAll('http://127.0.0.1:8081', gateway.adminUrl)
      .replaceAll('http://127.0.0.1:8080', gateway.url)
      .replaceAll('let-me-in', gateway.adminSecret)
  const script = steps.map(({ commands }) => `${here(commands)}\necho "$(basename "$0")-END"`).join('\n')
  const output = await bash(script, folder)
  const printed = output.replaceAll('\r', '').split('bash-END\n')
  t.is(steps.length, 4)
  for (const [index, { shown }] of steps.entries()) t.regex(printed[index] ?? '', patternOf(here(shown)))
})

/** Runs a script; what it prints on either stream. */
function bash(script: string, cwd: string): Promise<string> {
  return new Promise((done) => {
    execFile('bash', ['-c', script], { cwd, timeout: 50_000 }, (_, stdout, stderr) => done(stdout + stderr))
  })
}

function patternOf(text: string): RegExp {
  const literal = (part: string): string => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${text.trimEnd().split('…').map(literal).join('[^\\n]*')}\\s*$`)
}

import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import test from 'ava'

test('npm run demo -- --once walks the whole journey, and every step answers as expected', async (t) => {
  const demo = resolve(import.meta.dirname, '../../examples/demo/main.ts')
  const { code, output } = await new Promise<{ code: number; output: string }>((done) => {
    execFile(process.execPath, [demo, '--once'], { timeout: 50_000 }, (error, stdout, stderr) =>
      done({ code: error ? 1 : 0, output: stdout + stderr }),
    )
  })
  t.is(code, 0, output)
  t.true(output.includes('Everything was as it should be.'))
  t.false(output.includes('\u001b'), 'colours are for terminals')
})

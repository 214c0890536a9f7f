import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'

const GATEWAY = fileURLToPath(new URL('spent-descriptors.ts', import.meta.url))

test('what could not be read for want of descriptors is said once, and read when there are some again', async (t) => {
  const command = 'ulimit -n 200; exec "$0" "$@"'
  const { stdout } = await promisify(execFile)('bash', ['-c', command, process.execPath, GATEWAY])
  t.deepEqual(stdout.trim().split('\n'), ['documents 3', 'consumers 1', 'later down', 'After live'])
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { benchForward, type Effort } from './forward.ts'
import { benchIntrospect } from './introspect.ts'
import { benchIssue } from './issue.ts'
import { benchLimits } from './limits.ts'
import { benchNotify } from './notify.ts'
import { benchPolicies } from './policies.ts'
import { benchRedis } from './redis.ts'
import { missingPackages } from './requirements.ts'
import { benchScale } from './scale.ts'
import { benchUpstreamToken } from './upstream-token.ts'
import { benchWebSocket } from './websocket.ts'

/**
 * `npm run bench [-- forward|policies|limits|issue|introspect|notify|redis|scale|websocket|upstream-token] [--seconds N] [--rounds N] [--connections N]`: Gatehouse beside its peers, in one run
 * on one machine, because only ratios mean something. Ends with 1 when a bar is missed.
 */
const parts: Readonly<Record<string, (folder: string, effort: Effort) => Promise<boolean>>> = {
  forward: benchForward,
  policies: benchPolicies,
  limits: benchLimits,
  issue: benchIssue,
  introspect: benchIntrospect,
  notify: benchNotify,
  websocket: benchWebSocket,
  'upstream-token': benchUpstreamToken,
  redis: benchRedis,
  scale: benchScale,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
  },
})

async function main(): Promise<number> {
  const chosen = positionals.length === 0 ? Object.keys(parts) : positionals
  const unknown = chosen.filter((name) => !Object.hasOwn(parts, name))
  if (unknown.length > 0) {
    console.error(`no part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`)
    return 2
  }
  const missing = missingPackages()
  if (missing.length > 0) {
    console.error(
      `The benchmark needs programs that are not here. On Debian:\n\n  apt-get install ${missing.join(' ')}\n`,
    )
    return 2
  }
  const effort = {
    seconds: Math.max(1, Number(values.seconds) || 5),
    rounds: Math.max(1, Number(values.rounds) || 3),
    connections: Math.max(1, Number(values.connections) || 32),
  }
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  try {
    let kept = true
    for (const name of chosen) kept = (await parts[name]?.(folder, effort)) === true && kept
    return kept ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = await main()

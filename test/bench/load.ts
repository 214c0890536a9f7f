import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ServerProcess } from './server-process.ts'

/** The same request, over and over. */
export interface Load {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly connections: number
  readonly seconds: number
}

export interface Measurement {
  readonly requestsPerSecond: number
  /** Microseconds of the server's CPU for each request. */
  readonly cpu: number
  /** Milliseconds in which 99 % of the requests were answered. */
  readonly p99: number
  /** Answers that were not 2xx or 3xx, and connections that failed. */
  readonly errors: number
  readonly memory: number
}

const run = promisify(execFile)

/** Lets `wrk` send a load to a server and measures what it costs the server. `folder` takes wrk's script. */
export async function measure(server: ServerProcess, load: Load, folder: string): Promise<Measurement> {
  const script = join(folder, 'load.lua')
  writeFileSync(script, scriptOf(load))
  const before = server.cpu()
  const args = ['-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--timeout', '10s', '-s', script, load.url]
  const { stdout } = await run('wrk', args)
  const used = server.cpu() - before
  const result = /RESULT (\d+) (\d+) (\d+) (\d+)/.exec(stdout)
  if (!result) throw new Error(`wrk said: ${stdout}`)
  const [requests = 0, microseconds = 1, p99 = 0, errors = 0] = result.slice(1).map(Number)
  return {
    requestsPerSecond: (requests / microseconds) * 1e6,
    cpu: used / Math.max(requests, 1),
    p99: p99 / 1000,
    errors,
    memory: server.memory(),
  }
}

/** The middle one of each number. */
export function medianOf(measurements: readonly Measurement[]): Measurement {
  const middle = (pick: (one: Measurement) => number): number => {
    const sorted = measurements.map(pick).sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? 0
  }
  return {
    requestsPerSecond: middle((one) => one.requestsPerSecond),
    cpu: middle((one) => one.cpu),
    p99: middle((one) => one.p99),
    errors: Math.max(...measurements.map((one) => one.errors)),
    memory: middle((one) => one.memory),
  }
}

function scriptOf({ method = 'GET', headers = {}, body }: Load): string {
  return [
    `wrk.method = ${luaText(method)}`,
    ...Object.entries(headers).map(([name, value]) => `wrk.headers[${luaText(name)}] = ${luaText(value)}`),
    ...(body === undefined ? [] : [`wrk.body = ${luaText(body)}`]),
    'done = function(summary, latency)',
    '  local e = summary.errors',
    '  io.write(string.format("RESULT %d %d %d %d\\n", summary.requests, summary.duration,',
    '    latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))',
    'end',
  ].join('\n')
}

const luaText = (text: string): string => `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`

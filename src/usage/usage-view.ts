import type { UsageGroup } from './read-usage.ts'
import { quantile, type Tally, totalsOf } from './tally.ts'

/** A group as the admin API, CSV and the terminal show it; times in milliseconds. */
export interface UsageLine {
  readonly time?: string
  readonly api?: string
  readonly operation?: string
  readonly client?: string
  readonly status?: number
  readonly requests: number
  readonly errors: number
  readonly server_errors: number
  readonly tokens_issued: number
  /** Latencies are not kept by status. */
  readonly mean?: number
  readonly p50?: number
  readonly p95?: number
  readonly p99?: number
}

export function usageLine({ time, tally, ...names }: UsageGroup): UsageLine {
  const { requests, errors, serverErrors } = totalsOf(tally)
  return {
    ...(time === undefined ? {} : { time: new Date(time).toISOString() }),
    ...names,
    requests,
    errors,
    server_errors: serverErrors,
    tokens_issued: tally.tokens,
    ...latenciesOf(tally, requests),
  }
}

function latenciesOf(tally: Tally, requests: number): Pick<UsageLine, 'mean' | 'p50' | 'p95' | 'p99'> {
  if (tally.latencies.every((amount) => amount === 0)) return {}
  const [p50 = 0, p95 = 0, p99 = 0] = [0.5, 0.95, 0.99].map((share) => rounded(quantile(tally, share)))
  return { mean: rounded(tally.time / requests), p50, p95, p99 }
}

const rounded = (value: number): number => Math.round(value * 10) / 10

/** RFC 4180, with a header line. What a spreadsheet would take for a formula is led by an apostrophe. */
export function usageCsv(lines: readonly UsageLine[], dimensions: readonly string[]): string {
  const columns = [...dimensions, ...COLUMNS]
  const rows = lines.map((line) => columns.map((column) => cell((line as unknown as Record<string, unknown>)[column])))
  return [columns, ...rows].map((row) => `${row.join(',')}\r\n`).join('')
}

const COLUMNS = ['requests', 'errors', 'server_errors', 'tokens_issued', 'mean', 'p50', 'p95', 'p99']

function cell(value: unknown): string {
  if (typeof value === 'number') return String(value)
  const text = value === undefined ? '' : String(value)
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

import type { UsageGroup } from './read-usage.ts'
import { quantile, totalsOf } from './tally.ts'

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
  readonly mean: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
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
    mean: requests === 0 ? 0 : rounded(tally.time / requests),
    p50: rounded(quantile(tally, 0.5)),
    p95: rounded(quantile(tally, 0.95)),
    p99: rounded(quantile(tally, 0.99)),
  }
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

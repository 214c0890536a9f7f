import type { UsageLine } from '../../usage/usage-view.ts'
import { bar, sparkline } from './bars.ts'

export interface UsageReport {
  readonly from: string
  readonly to: string
  readonly bucket: string
  /** One line for each piece of time in which there was anything. */
  readonly series: readonly UsageLine[]
  /** What was asked for, told apart by `dimensions`. */
  readonly lines: readonly UsageLine[]
  readonly dimensions: readonly string[]
}

const BAR = 24
const SPARKS = 60

/** For people: how requests went over time, and a table with bars, busiest first. */
export function usageReport(report: UsageReport): string {
  const { from, to, bucket, series, lines } = report
  const title = `Usage from ${minuteOf(from)} to ${minuteOf(to)} UTC, in pieces of a ${bucket}\n`
  if (lines.length === 0) return `${title}\n  nothing was used\n`
  const requests = sum(lines, 'requests')
  const errors = sum(lines, 'errors')
  const facts = [
    `${whole(requests)} requests`,
    `${share(errors, requests)} errors`,
    `${whole(sum(lines, 'server_errors'))} of them ours or the upstream's`,
    `${whole(sum(lines, 'tokens_issued'))} tokens issued`,
  ]
  const sparks = sparkline(evenly(series, from, to))
  return `${title}\n  ${sparks}\n  ${facts.join(', ')}\n\n${tableOf(report)}\n`
}

function tableOf({ lines, dimensions }: UsageReport): string {
  const busiest = [...lines].sort((a, b) => b.requests - a.requests)
  const most = busiest[0]?.requests ?? 0
  const head = [...dimensions, '', 'requests', 'errors', 'p50 ms', 'p95 ms', 'p99 ms', 'tokens']
  const rows = busiest.map((line) => [
    ...dimensions.map((name) => nameOf((line as unknown as Record<string, unknown>)[name])),
    bar(line.requests, most, BAR),
    whole(line.requests),
    share(line.errors, line.requests),
    line.p50?.toFixed(1) ?? '–',
    line.p95?.toFixed(1) ?? '–',
    line.p99?.toFixed(1) ?? '–',
    whole(line.tokens_issued),
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const left = dimensions.length + 1
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => (at < left ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')
  return [head, ...rows].map((row) => `  ${line(row).trimEnd()}`).join('\n')
}

/** What has no name of its own; control characters are not for terminals. */
function nameOf(value: unknown): string {
  const text = String(value ?? '')
  return text === '' ? '–' : text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?')
}

/** Requests in equal pieces of the time, whether there were any or not. */
function evenly(series: readonly UsageLine[], from: string, to: string): readonly number[] {
  const [start, end] = [Date.parse(from), Date.parse(to)]
  const pieces = new Array<number>(SPARKS).fill(0)
  for (const { time = from, requests } of series) {
    const at = Math.min(SPARKS - 1, Math.max(0, Math.floor(((Date.parse(time) - start) / (end - start)) * SPARKS)))
    pieces[at] = (pieces[at] ?? 0) + requests
  }
  return pieces
}

const sum = (lines: readonly UsageLine[], name: 'requests' | 'errors' | 'server_errors' | 'tokens_issued'): number =>
  lines.reduce((total, line) => total + line[name], 0)

const whole = (value: number): string => value.toLocaleString('en-US')
const share = (part: number, all: number): string => (all === 0 ? '–' : `${((part / all) * 100).toFixed(1)} %`)
const minuteOf = (time: string): string => time.slice(0, 16).replace('T', ' ')

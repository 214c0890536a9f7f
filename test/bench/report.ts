import type { Measurement } from './load.ts'

export interface Row {
  readonly name: string
  readonly measured: Measurement
}

/** A table for people, with one row for each contender. */
export function table(rows: readonly Row[]): string {
  const head = ['', 'CPU µs/request', 'requests/s', 'p99 ms', 'errors', 'MiB']
  const body = rows.map(({ name, measured }) => [
    name,
    measured.cpu.toFixed(1),
    Math.round(measured.requestsPerSecond).toLocaleString('en-US'),
    measured.p99.toFixed(1),
    String(measured.errors),
    measured.memory.toFixed(0),
  ])
  const lines = [head, ...body]
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) => line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))))
    .map((cells) => `  ${cells.join('  ')}`)
    .join('\n')
}

/** A promise about a number, and whether it was kept. */
export interface Bar {
  readonly what: string
  readonly value: number
  readonly atMost?: number
  readonly atLeast?: number
}

export const isKept = ({ value, atMost, atLeast }: Bar): boolean =>
  (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast)

export function barLine(bar: Bar): string {
  const value = bar.value >= 100 ? Math.round(bar.value).toLocaleString('en-US') : bar.value.toFixed(2)
  const bound = bar.atMost === undefined ? `at least ${bar.atLeast?.toLocaleString('en-US')}` : `at most ${bar.atMost}`
  return `  ${isKept(bar) ? 'kept  ' : 'MISSED'}  ${bar.what}: ${value} (${bound})`
}

import type { Severity } from '../../core/diagnostic.ts'
import type { Examined } from './examine.ts'

/** For programs: one JSON object. Members may be added; none changes its meaning. */
export function jsonReport({ documents, diagnostics }: Examined): string {
  const summary = { documents: documents.length, ...severityCounts(diagnostics) }
  return `${JSON.stringify({ version: 1, summary, documents, diagnostics }, null, 2)}\n`
}

/** How many there are of each severity. */
export function severityCounts(diagnostics: Examined['diagnostics']): Record<Severity, number> {
  const counts: Record<Severity, number> = { error: 0, warning: 0, info: 0, hint: 0 }
  for (const { severity } of diagnostics) counts[severity] += 1
  return counts
}

import type { Run } from './run.ts'

/** One text for all JSON texts of equal values: members in the order of their names. */
export function canonicalJson(value: unknown, run: Run): string {
  run.spend(1)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, run)).join(',')}]`
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member, run)}`).join(',')}}`
}

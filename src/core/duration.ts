const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Stands for a lifetime without end: a thousand years in milliseconds, with which dates can still be reckoned. */
export const FOREVER = 365_250 * 86_400_000

/** What a duration looks like in a document: one or several numbers with units, such as `30s` or `1h30m`. */
export const DURATION_PATTERN = /^(?:\d+(?:ms|s|m|h|d))+$/

/** Milliseconds of a duration text (`"90s"`, `"1h30m"`) or of a bare number of seconds; undefined if it is neither. */
export function parseDuration(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? value * 1000 : undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  if (!DURATION_PATTERN.test(value)) return undefined
  let total = 0
  for (const [, amount, unit] of value.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(amount) * UNITS[unit as keyof typeof UNITS]
  }
  return Number.isSafeInteger(total) ? total : undefined
}

/** A duration as it would be written: `1h30m`; `0s` for none. */
export function formatDuration(milliseconds: number): string {
  let rest = milliseconds
  let text = ''
  for (const [unit, size] of Object.entries(UNITS).toReversed()) {
    const amount = Math.floor(rest / size)
    if (amount > 0) text += `${amount}${unit}`
    rest -= amount * size
  }
  return text === '' ? '0s' : text
}

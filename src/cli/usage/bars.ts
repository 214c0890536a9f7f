const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const SPARKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** A bar of at most `width` characters, to an eighth of one. What is not nothing shows at least that. */
export function bar(value: number, most: number, width: number): string {
  if (value <= 0 || most <= 0) return ''
  const eighths = Math.max(1, Math.round((value / most) * width * 8))
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}

/** One character for each value; a blank for nothing. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, 1)
  return values
    .map((value) => (value <= 0 ? ' ' : (SPARKS[Math.min(7, Math.floor((value / most) * 8))] ?? '█')))
    .join('')
}

import { createTwoFilesPatch } from 'diff'

/** Changed lines that are worth showing; texts that differ in more are replaced rather than edited. */
const MOST = 5000

/** What differs between two texts, as `diff -u` shows it; empty when nothing does, undefined when nearly everything does. */
export function unifiedDiff(name: string, before: string, after: string): string | undefined {
  if (before === after) return ''
  const options = { context: 3, maxEditLength: MOST, timeout: 2000 }
  return createTwoFilesPatch(`a/${name}`, `b/${name}`, before, after, undefined, undefined, options)?.replace(
    /^=+\n/,
    '',
  )
}

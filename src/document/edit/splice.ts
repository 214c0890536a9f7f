/** Replaces the characters from `start` up to `end` (UTF-16 code units of the old text) by `text`. */
export interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * The text with all splices made. They are given in offsets of the old text, in any order; one that lies within another is
 * dropped, because what contains it is replaced as a whole.
 */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const ordered = [...splices].sort((a, b) => a.start - b.start || b.end - a.end)
  const parts: string[] = []
  let at = 0
  for (const { start, end, text: inserted } of ordered) {
    if (start < at) continue
    parts.push(text.slice(at, start), inserted)
    at = end
  }
  parts.push(text.slice(at))
  return parts.join('')
}

/** The offset at which the line of `at` begins. */
export const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1

/** The offset at which the line of `at` ends, before its line break. */
export function lineEnd(text: string, at: number): number {
  const found = text.indexOf('\n', at)
  const end = found < 0 ? text.length : found
  return end > at && text[end - 1] === '\r' ? end - 1 : end
}

/** The offset after the line break of the line of `at`. */
export function nextLine(text: string, at: number): number {
  const found = text.indexOf('\n', at)
  return found < 0 ? text.length : found + 1
}

/** Whether nothing but blanks stands before `at` on its line. */
export const opensLine = (text: string, at: number): boolean => /^[ \t]*$/.test(text.slice(lineStart(text, at), at))

/** The blanks that the line of `at` begins with. */
export const indentAt = (text: string, at: number): string =>
  /^[ \t]*/.exec(text.slice(lineStart(text, at), at))?.[0] ?? ''

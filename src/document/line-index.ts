import type { Range } from './source.ts'

/** Turns offsets into lines and columns. The table of lines is made at the first question. */
export function lineIndex(text: string): (start: number, end: number) => Range {
  let starts: number[] | undefined
  const at = (offset: number) => {
    starts ??= lineStarts(text)
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }
  return (start, end) => {
    const from = at(Math.min(start, text.length))
    const to = at(Math.min(Math.max(start, end), text.length))
    return { ...from, endLine: to.line, endColumn: to.column }
  }
}

/** LF, CRLF and a lone CR end a line, as editors have it. */
function lineStarts(text: string): number[] {
  const starts = [0]
  for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length)
  return starts
}

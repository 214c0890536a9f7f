/** One syntactic piece of a regular expression: an escape, a class, a counted repetition, or a character. */
const PIECES =
  /\\(?:u\{[0-9A-Fa-f]+\}|[pP]\{[^}]*\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|c[A-Za-z]|.)|\[(?:\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|./gsu

export const piecesOf = (source: string): string[] => source.match(PIECES) ?? []

const REPETITION = /^\{(\d+)(?:(,)(\d*))?\}$/
/** RE2 counts no further. */
const MOST_COUNTED = 1000

interface Count {
  readonly min: number
  /** Infinite when it is open. */
  readonly max: number
}

function countOf(piece: string): Count | undefined {
  const found = REPETITION.exec(piece)
  if (!found) return undefined
  const min = Number(found[1])
  if (found[2] === undefined) return { min, max: min }
  return { min, max: found[3] === '' ? Number.POSITIVE_INFINITY : Number(found[3]) }
}

/** How many pieces there are when every counted repetition is written out: what compiling and matching may cost. */
export function patternCost(source: string): number {
  const outer: number[] = []
  let sum = 0
  let last = 0
  for (const piece of piecesOf(source)) {
    const count = countOf(piece)
    if (piece === '(') {
      outer.push(sum)
      sum = 0
    } else if (piece === ')') {
      last = sum + 1
      sum = last + (outer.pop() ?? 0)
    } else if (count) {
      const times = Math.max(1, count.min, Number.isFinite(count.max) ? count.max : 0)
      sum += last * (times - 1)
      last *= times
    } else {
      last = 1
      sum += 1
    }
  }
  return sum
}

/** The same expression as RE2 writes it: blanks, the dot, brackets within classes, and long repetitions. */
export function asRe2(source: string): string {
  const written: string[] = []
  for (const piece of piecesOf(source)) {
    const count = countOf(piece)
    const atom = written.at(-1)
    if (count && atom !== undefined && isLong(count) && !/^[()*+?|^$]$/.test(atom)) {
      written.pop()
      written.push(`(?:${writtenOut(atom, count)})`)
    } else written.push(pieceAsRe2(piece))
  }
  return written.join('')
}

const isLong = ({ min, max }: Count): boolean => min > MOST_COUNTED || (Number.isFinite(max) && max > MOST_COUNTED)

function writtenOut(atom: string, { min, max }: Count): string {
  const parts: string[] = []
  for (let left = min; left > 0; left -= MOST_COUNTED) parts.push(`${atom}{${Math.min(left, MOST_COUNTED)}}`)
  if (!Number.isFinite(max)) return `${parts.join('')}${atom}*`
  for (let left = max - min; left > 0; left -= MOST_COUNTED) parts.push(`${atom}{0,${Math.min(left, MOST_COUNTED)}}`)
  return parts.join('')
}

const BLANKS = '\\t\\n\\x0b\\f\\r \\x{a0}\\x{feff}\\x{2028}\\x{2029}\\p{Zs}'

function pieceAsRe2(piece: string): string {
  if (piece === '.') return '[^\\n\\r\\x{2028}\\x{2029}]'
  if (piece === '\\s') return `[${BLANKS}]`
  if (piece === '\\S') return `[^${BLANKS}]`
  if (piece.length < 2 || !piece.startsWith('[')) return piece
  if (piece === '[]') return '[^\\x{0}-\\x{10ffff}]'
  if (piece === '[^]') return '[\\x{0}-\\x{10ffff}]'
  const inside = piece.slice(1, -1)
  return `[${inside.replace(/\\.|\[/gs, (part) => (part === '[' ? '\\[' : part === '\\s' ? BLANKS : part))}]`
}

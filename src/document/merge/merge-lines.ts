import { diffArrays } from 'diff'

/** Lines `start` up to `end` of the base became these. */
interface Hunk {
  readonly start: number
  readonly end: number
  readonly lines: readonly string[]
}

/** Changed lines up to which two texts count as versions of one. */
const MOST = 20_000

/**
 * Merges what two sides made of one text, line by line, so that the comments of both stay; undefined where both changed the
 * same lines. What both inserted in one place stands there twice over: what is new first. Nobody may trust the result
 * without reading it again: lines know nothing of structure.
 */
export function mergeLines(base: string, current: string, next: string): string | undefined {
  const lines = base.split('\n')
  const [ours, theirs] = [hunksOf(lines, current.split('\n')), hunksOf(lines, next.split('\n'))]
  if (!ours || !theirs) return undefined
  const merged: string[] = []
  let at = 0
  for (const hunk of inOrder(theirs, ours)) {
    if (hunk.start < at) return undefined
    merged.push(...lines.slice(at, hunk.start), ...hunk.lines)
    at = hunk.end
  }
  return [...merged, ...lines.slice(at)].join('\n')
}

/** What both sides did alike happens once. */
function inOrder(theirs: readonly Hunk[], ours: readonly Hunk[]): Hunk[] {
  const key = (hunk: Hunk): string => JSON.stringify(hunk)
  const known = new Set(theirs.map(key))
  return [...theirs, ...ours.filter((hunk) => !known.has(key(hunk)))].sort((a, b) => a.start - b.start || a.end - b.end)
}

function hunksOf(base: readonly string[], changed: readonly string[]): Hunk[] | undefined {
  const changes = diffArrays([...base], [...changed], { maxEditLength: MOST, timeout: 2000 })
  if (!changes) return undefined
  const hunks: Hunk[] = []
  let at = 0
  let open: { start: number; end: number; lines: string[] } | undefined
  for (const { added, removed, value } of changes) {
    if (!added && !removed) {
      open = undefined
      at += value.length
      continue
    }
    if (!open) {
      open = { start: at, end: at, lines: [] }
      hunks.push(open)
    }
    if (added) open.lines.push(...value)
    else {
      at += value.length
      open.end = at
    }
  }
  return hunks
}

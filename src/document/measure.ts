import { DOCUMENT_LIMITS } from './limits.ts'

export interface Measure {
  /** Keys of all objects. */
  readonly keys: number
  readonly excess?: 'depth' | 'values'
}

/** Counts what a value holds and stops where a limit is passed, so that cycles and bombs end here. */
export function measure(root: unknown): Measure {
  let keys = 0
  let values = 0
  let excess: Measure['excess']
  const visit = (value: object, depth: number): void => {
    if (depth > DOCUMENT_LIMITS.depth) excess = 'depth'
    const members: unknown[] = Array.isArray(value) ? value : Object.values(value)
    if (members !== value) keys += members.length
    values += members.length
    if (values > DOCUMENT_LIMITS.values) excess ??= 'values'
    for (const member of members) {
      if (excess) return
      if (typeof member === 'object' && member !== null) visit(member, depth + 1)
    }
  }
  if (typeof root === 'object' && root !== null) visit(root, 1)
  return excess ? { keys, excess } : { keys }
}

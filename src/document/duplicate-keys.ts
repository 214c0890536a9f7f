import { visit } from 'jsonc-parser'
import { skipBlank, skipString } from './json-offsets.ts'

/** The number of keys written in a strict JSON text, duplicates included. Reads strings only, so it is cheap. */
export function countKeys(text: string): number {
  let count = 0
  let at = text.indexOf('"')
  while (at >= 0) {
    const end = skipBlank(text, skipString(text, at))
    if (text.charCodeAt(end) === 0x3a) count++
    at = text.indexOf('"', end)
  }
  return count
}

export interface DuplicateKey {
  readonly name: string
  readonly offset: number
  readonly length: number
}

/** Keys that stand a second time in their object. Comments are allowed. */
export function duplicateKeys(text: string): DuplicateKey[] {
  const seen: Set<string>[] = []
  const found: DuplicateKey[] = []
  visit(text, {
    onObjectBegin: () => {
      seen.push(new Set())
    },
    onObjectEnd: () => {
      seen.pop()
    },
    onObjectProperty: (name, offset, length) => {
      const names = seen.at(-1)
      if (names?.has(name)) found.push({ name, offset, length })
      names?.add(name)
    },
  })
  return found
}

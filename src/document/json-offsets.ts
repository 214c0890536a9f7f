import type { JsonPath } from '../core/json-pointer.ts'

/** Offsets of a member of an object or array; for an item of an array, the key is the item. */
export interface MemberOffsets {
  readonly keyStart: number
  readonly keyEnd: number
  readonly start: number
  readonly end: number
}

/**
 * Finds values in a JSON text (comments and trailing commas allowed) without building a tree: it skips over what it is
 * not asked for, and remembers the members of the containers it went through. The text is known to parse.
 */
export function jsonOffsets(text: string): (path: JsonPath) => MemberOffsets {
  const indexed = new Map<number, ReadonlyMap<string, MemberOffsets>>()
  const membersAt = (start: number) => {
    const known = indexed.get(start)
    if (known) return known
    const members = membersOf(text, start)
    indexed.set(start, members)
    return members
  }
  const first = skipBlank(text, 0)
  const root = { keyStart: first, keyEnd: first + 1, start: first, end: text.length }
  return (path) => {
    let found: MemberOffsets = root
    for (const step of path) {
      const member = membersAt(found.start).get(String(step))
      if (!member) break
      found = member
    }
    return found === root ? { ...root, end: skipValue(text, first) } : found
  }
}

/** Members of the object or array that opens at `open`, in their order. A later member of the same name replaces an earlier one, as in `JSON.parse`. */
export function membersOf(text: string, open: number): ReadonlyMap<string, MemberOffsets> {
  const members = new Map<string, MemberOffsets>()
  const isObject = text[open] === '{'
  if (!isObject && text[open] !== '[') return members
  let at = skipBlank(text, open + 1)
  while (at < text.length && text[at] !== '}' && text[at] !== ']') {
    if (text[at] === ',') {
      at = skipBlank(text, at + 1)
      continue
    }
    const keyEnd = isObject ? skipString(text, at) : at
    const start = isObject ? skipBlank(text, skipBlank(text, keyEnd) + 1) : at
    const end = Math.max(skipValue(text, start), at + 1)
    const name = isObject ? keyText(text.slice(at, keyEnd)) : String(members.size)
    members.set(name, { keyStart: at, keyEnd: isObject ? keyEnd : end, start, end })
    at = skipBlank(text, end)
  }
  return members
}

function keyText(literal: string): string {
  try {
    return String(JSON.parse(literal))
  } catch {
    return literal
  }
}

/** The offset after white space and comments. */
export function skipBlank(text: string, from: number): number {
  let at = from
  for (;;) {
    const code = text.charCodeAt(at)
    if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) at++
    else if (code === 0x2f) at = skipComment(text, at)
    else return at
  }
}

function skipComment(text: string, at: number): number {
  const line = text[at + 1] === '/'
  const end = text.indexOf(line ? '\n' : '*/', at + 2)
  if (end < 0) return text.length
  return line ? end + 1 : end + 2
}

/** The offset after the string that begins at `at`. */
export function skipString(text: string, at: number): number {
  let end = at
  for (;;) {
    end = text.indexOf('"', end + 1)
    if (end < 0) return text.length
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === 0x5c) escapes++
    if (escapes % 2 === 0) return end + 1
  }
}

function skipValue(text: string, start: number): number {
  let depth = 0
  let at = start
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === 0x22) at = skipString(text, at)
    else if (code === 0x2f) at = skipComment(text, at)
    else if (code === 0x7b || code === 0x5b) {
      depth++
      at++
    } else if (code === 0x7d || code === 0x5d) {
      if (depth === 0) return at // the end of the container that a bare literal stands in
      depth--
      at++
    } else if (depth === 0) at = skipLiteral(text, at)
    else {
      at++
      continue
    }
    if (depth === 0) return at
  }
  return at
}

/** Numbers, `true`, `false`, `null`: up to a separator. */
function skipLiteral(text: string, start: number): number {
  let at = start
  while (at < text.length && !/[\s,\]}/]/.test(text.charAt(at))) at++
  return Math.max(at, start + 1)
}

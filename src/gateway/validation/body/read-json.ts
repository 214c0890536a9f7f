/** A value, or why there is none. */
export type BodyValue = { readonly value: unknown } | { readonly problem: string }

/** Objects and arrays within each other. */
const DEEPEST = 256

/**
 * RFC 8259. Refuses what parsers read differently: bytes that are no UTF-8, and a name that stands twice in an object, which
 * would let a request show the gateway one value and the upstream another.
 */
export function readJson(bytes: Uint8Array): BodyValue {
  let text: string
  let value: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    value = JSON.parse(text)
  } catch {
    return { problem: 'is not valid JSON' }
  }
  const names = countNames(value)
  if (names === undefined) return { problem: `is nested more than ${DEEPEST} levels deep` }
  return names === namesWritten(text) ? { value } : { problem: 'names a member twice' }
}

/** Names of all members of all objects; undefined when it is nested too deeply. */
function countNames(root: unknown): number | undefined {
  let count = 0
  let level: unknown[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return undefined
    const below: unknown[] = []
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue
      const members: unknown[] = Array.isArray(value) ? value : Object.values(value)
      if (members !== value) count += members.length
      for (const member of members) if (typeof member === 'object' && member !== null) below.push(member)
    }
    level = below
  }
  return count
}

/** In a text that is known to be JSON, every string before a colon is a name. */
function namesWritten(text: string): number {
  let count = 0
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at)) {
    at++
    while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
    at++
    while (BLANKS.has(text.charCodeAt(at))) at++
    if (text.charCodeAt(at) === COLON) count++
  }
  return count
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d])

/** RFC 3986 §3.3: what may stand unescaped in a path (`pchar` and the slash). */
const CLEAN = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/
const UNCLEAN_PIECES = /%([0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/gu

/**
 * One spelling for all spellings of a percent-encoded path, so that literals compare by `===`: RFC 3986 §6.2.2.
 *
 * Beyond the unreserved characters, escapes of sub-delims, `:` and `@` are undone too. Nearly every upstream decodes
 * them before it routes, so `x%3Adelete` must meet the rules of `{name}:delete`. `%2F` stays what it is: not a separator.
 * A `%` that begins no escape becomes `%25`; a raw byte above 0x7F, as `node:http` hands it on, becomes its escape.
 * Never throws.
 */
export function canonicalPath(path: string): string {
  return CLEAN.test(path) ? path : path.replace(UNCLEAN_PIECES, canonicalPiece)
}

function canonicalPiece(piece: string, hex: string | undefined): string {
  if (hex !== undefined) {
    const character = String.fromCharCode(Number.parseInt(hex, 16))
    return character !== '/' && CLEAN.test(character) ? character : `%${hex.toUpperCase()}`
  }
  const code = piece.codePointAt(0) ?? 0
  return code <= 0xff
    ? `%${code.toString(16).toUpperCase().padStart(2, '0')}`
    : encodeURIComponent(piece.toWellFormed())
}

/** The same spelling for literal text of a template, where characters are characters and not bytes: `/café`. */
export function canonicalLiteral(text: string): string {
  return canonicalPath(text.replace(/[^\p{ASCII}]/gu, (character) => encodeURIComponent(character.toWellFormed())))
}

/** The value of a parameter, decoded once. What is not UTF-8 stays as it came, escaped. */
export function decodeOnce(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

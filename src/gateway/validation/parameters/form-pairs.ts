/** Name, decoded, and value as it stands there, because delimiters are told from escaped ones before decoding. */
export type FormPair = readonly [name: string, raw: string]

/** Reads `a=1&b=2` (WHATWG URL §5.1), with or without a question mark before it. Never throws. */
export function formPairs(text: string): FormPair[] {
  const body = text.startsWith('?') ? text.slice(1) : text
  return pairsOf(body.split('&'), decoded)
}

/**
 * Reads the pieces of a `Cookie` header (RFC 6265 §4.2.1). `isExploded`: each of them may be several pairs, `a=1&a=2` (OAS
 * "Style Values": `form`). A plus is a plus.
 */
export const cookiePairs = (cookies: readonly string[], isExploded: boolean): FormPair[] =>
  pairsOf(isExploded ? cookies.flatMap((cookie) => cookie.split('&')) : cookies, decodedPercent)

function pairsOf(pieces: readonly string[], decode: (raw: string) => string): FormPair[] {
  return pieces
    .filter((piece) => piece !== '')
    .map((piece) => {
      const equals = piece.indexOf('=')
      return equals < 0 ? [decode(piece), ''] : [decode(piece.slice(0, equals)), piece.slice(equals + 1)]
    })
}

/** A plus is a blank; what is no UTF-8 stays as it came. */
export function decoded(raw: string): string {
  return decodedPercent(raw.replaceAll('+', ' '))
}

export function decodedPercent(raw: string): string {
  if (!raw.includes('%')) return raw
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw
  }
}

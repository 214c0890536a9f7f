/**
 * The form of an id, index, member or queue name in which every back end keeps it apart from all others. Strings with
 * lone surrogates have no UTF-8 form: two of them would become one key, so they are written as escaped JSON.
 */
export function encodeText(text: string): string {
  return text.isWellFormed() && !text.startsWith(ESCAPED) ? text : ESCAPED + JSON.stringify(text)
}

/** The reverse of `encodeText`. */
export function decodeText(text: string): string {
  return text.startsWith(ESCAPED) ? String(JSON.parse(text.slice(ESCAPED.length))) : text
}

const ESCAPED = '\u0001'

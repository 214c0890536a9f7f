import type { Diagnostic } from '../../core/diagnostic.ts'

/** A member whose name says that it is secret, and its value: quoted, or up to what ends a plain one. */
const SECRET_MEMBER =
  /((?:secrets?|password|provisionKey|\bkey)["']?[ \t]*:[ \t]*)(?!["']?(?:env|file):)("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s{][^,}]*)/gi

/**
 * A line of a document without the secrets in it: a report ends up where the document does not, in the log of a build. Every
 * character of a secret becomes an asterisk, so that columns stay. `diagnostics` are those of this line: a literal secret
 * that was found is masked where it stands, whatever its key is called.
 */
export function maskSecrets(line: string, diagnostics: readonly Diagnostic[]): string {
  const found = diagnostics.filter(({ code }) => code === 'GW1302')
  const known = found.reduce(
    (text, { column, endColumn }) => stars(text, column - 1, (endColumn ?? text.length + 1) - 1),
    line,
  )
  return known.replace(SECRET_MEMBER, (_, key: string, value: string) => key + '*'.repeat(value.length))
}

const stars = (text: string, from: number, to: number): string =>
  text.slice(0, from) + '*'.repeat(Math.max(0, to - from)) + text.slice(to)

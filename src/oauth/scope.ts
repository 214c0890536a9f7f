import type { IssuerScheme } from '../api/api.ts'
import { OAuthError } from './errors.ts'
import type { ClientRecord } from './records/client.ts'

/** RFC 6749 §3.3: one scope token. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** The scopes of a space separated list, each once, in their order. Throws `invalid_scope` for anything else. */
export function parseScope(text: string): readonly string[] {
  const scopes = new Set<string>()
  for (const scope of text.split(' ')) {
    if (scope === '') continue
    if (!SCOPE_TOKEN.test(scope)) throw new OAuthError('invalid_scope', 'The scope is malformed.')
    scopes.add(scope)
  }
  return [...scopes]
}

/** Whether every scope of `inner` is in `outer`. */
export function isSubset(inner: readonly string[], outer: readonly string[]): boolean {
  return inner.every((scope) => outer.includes(scope))
}

/**
 * What is left of a scope, which must be something: an answer that names no scope says that all was granted that was asked for
 * (RFC 6749 §5.1). Throws `invalid_scope`.
 */
export function someOf(left: readonly string[], asked: readonly string[]): readonly string[] {
  if (asked.length > 0 && left.length === 0) throw new OAuthError('invalid_scope', 'Nothing of the scope is allowed.')
  return left
}

/**
 * Of scopes that were granted once, those that the scheme still declares and the client may still have.
 * Throws `invalid_scope` when that is none of them.
 */
export function stillAllowed(
  granted: readonly string[],
  scheme: IssuerScheme,
  { scopes }: Pick<ClientRecord, 'scopes'>,
): readonly string[] {
  const left = granted.filter((scope) => scheme.scopes.has(scope) && (scopes?.includes(scope) ?? true))
  return someOf(left, granted)
}

/**
 * The scopes that a request gets: those it names, if the scheme declares them and the client may have them; else the
 * scheme's default ones that the client may have. Throws `invalid_scope`.
 */
export function resolveScope(
  requested: string | undefined,
  scheme: IssuerScheme,
  client: Pick<ClientRecord, 'scopes'>,
): readonly string[] {
  const allowed = (scope: string): boolean => scheme.scopes.has(scope) && (client.scopes?.includes(scope) ?? true)
  const named = requested === undefined ? [] : parseScope(requested)
  if (named.length > 0) {
    // One text for both: a client does not learn which scopes others may have.
    if (!named.every(allowed)) throw new OAuthError('invalid_scope', 'A requested scope is unknown or not allowed.')
    return named
  }
  if (scheme.settings.scopes.mandatory) throw new OAuthError('invalid_scope', 'A scope must be requested.')
  return scheme.settings.scopes.default.filter(allowed)
}

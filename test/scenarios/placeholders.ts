/** What placeholders stand for: given at the start, or captured from answers. */
export type Values = Map<string, string>

const PLACEHOLDER = /<([a-z_][a-z0-9_]*|\*)>/g

/** Replaces `<name>`; throws for a name that nothing has been captured for. */
export function fill(text: string, values: Values, encode: (value: string) => string = (value) => value): string {
  return text.replace(PLACEHOLDER, (_, name: string) => {
    const value = values.get(name)
    if (value === undefined) throw new Error(`nothing is known of <${name}> yet`)
    return encode(value)
  })
}

/**
 * Whether `actual` is what `pattern` says. A known `<name>` must be equal, an unknown one captures a non-empty text (without
 * blanks and `&`, unless it is the whole pattern),
 * `<*>` is anything.
 */
export function matchText(pattern: string, actual: string, values: Values): boolean {
  const names: string[] = []
  const source = pattern
    .split(/(<(?:[a-z_][a-z0-9_]*|\*)>)/)
    .map((part) => {
      const name = /^<(.+)>$/.exec(part)?.[1]
      if (name === undefined) return escapePattern(part)
      if (name === '*') return '[\\s\\S]*?'
      const known = values.get(name)
      if (known !== undefined) return `(?:${escapePattern(known)}|${escapePattern(encodeURIComponent(known))})`
      names.push(name)
      return pattern === part ? '([\\s\\S]+)' : '([^&\\s]+?)'
    })
    .join('')
  const match = new RegExp(`^${source}$`).exec(actual)
  if (!match) return false
  for (const [index, name] of names.entries()) values.set(name, decoded(match[index + 1] ?? ''))
  return true
}

/**
 * Whether `actual` has everything that `expected` has: members of objects, all elements of lists, texts as patterns.
 * `"<absent>"` says that a member must not be there.
 */
export function matchJson(expected: unknown, actual: unknown, values: Values): boolean {
  if (typeof expected === 'string') {
    return matchText(expected, typeof actual === 'string' ? actual : JSON.stringify(actual ?? null), values)
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return false
    return expected.every((one, index) => matchJson(one, actual[index], values))
  }
  if (typeof expected !== 'object' || expected === null) return expected === actual
  if (typeof actual !== 'object' || actual === null) return false
  const members = actual as Readonly<Record<string, unknown>>
  return Object.entries(expected).every(([name, value]) => {
    if (value === '<absent>') return !Object.hasOwn(members, name)
    return Object.hasOwn(members, name) && matchJson(value, members[name], values)
  })
}

const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a stray percent sign: it is what it is
  }
}

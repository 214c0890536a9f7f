import { inspect } from 'node:util'

/** What was thrown, in words. Anything can be thrown, also what `String` would throw at. */
export function thrownText(thrown: unknown): string {
  const isPlain = thrown instanceof Error || typeof thrown !== 'object'
  return isPlain ? String(thrown) : inspect(thrown, { depth: 1 })
}

/** RFC 9110 §8.3.1. */
export interface MediaType {
  /** Lower case, without parameters. */
  readonly essence: string
  readonly parameters: ReadonlyMap<string, string>
}

const ESSENCE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** UTF-16 code units of one at most. */
const LONGEST = 512

/** Undefined for what is none. */
export function parseMediaType(text: string): MediaType | undefined {
  const [essence, end] = upToSemicolon(text)
  const parameters = headerParameters(text.slice(end))
  if (!ESSENCE.test(essence) || !parameters || text.length > LONGEST) return undefined
  return { essence, parameters }
}

const upToSemicolon = (text: string): [string, number] => {
  const end = text.includes(';') ? text.indexOf(';') : text.length
  return [text.slice(0, end).trim().toLowerCase(), end]
}

/** RFC 9110 §5.6.6: `; name=value; name="value"`. Undefined where anything else stands, or a name stands twice. */
export function headerParameters(text: string): ReadonlyMap<string, string> | undefined {
  const next = /\s*;\s*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*)))?/sy
  const parameters = new Map<string, string>()
  while (next.lastIndex < text.trimEnd().length) {
    const found = next.exec(text)
    if (!found) return undefined
    const name = found[1]?.toLowerCase()
    if (name === undefined) continue
    if (parameters.has(name)) return undefined
    parameters.set(name, found[2]?.replace(/\\(.)/gs, '$1') ?? found[3] ?? '')
  }
  return parameters
}

export const isJson = (type: string): boolean => /^[^;]*[/+]json\s*(?:;|$)/i.test(type)

/** The most specific of the keys of `content` that a type belongs to: itself, `text/*`, then anything. */
export function bestKey(keys: readonly string[], { essence }: Pick<MediaType, 'essence'>): string | undefined {
  const range = `${essence.slice(0, essence.indexOf('/'))}/*`
  for (const wanted of [essence, range, '*/*']) {
    const found = keys.find((key) => key.split(';', 1)[0]?.trim().toLowerCase() === wanted)
    if (found !== undefined) return found
  }
  return undefined
}

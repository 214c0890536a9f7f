import { decoded, decodedPercent, type FormPair } from './form-pairs.ts'
import type { Untyped } from './typed-value.ts'

/** What the schema of a parameter wants its text to be taken for. */
export type Wanted = 'scalar' | 'array' | 'object'

/** How a parameter is written (OAS "Parameter Object": style, explode). */
export interface Writing {
  readonly name: string
  readonly style: string
  readonly explode: boolean
  readonly wanted: Wanted
}

/** A text that is not of the form that its style asks for, or a scalar that is given more than once. */
export const MALFORMED = Symbol('malformed')

export type Read = Untyped | typeof MALFORMED | undefined

/** `{ k: v }` of `[k, v, k, v]`. */
function paired(parts: readonly string[]): Read {
  if (parts.length % 2 !== 0) return MALFORMED
  const members: [string, string][] = []
  for (let index = 0; index < parts.length; index += 2) members.push([parts[index] ?? '', parts[index + 1] ?? ''])
  return Object.fromEntries(members)
}

/** `{ k: v }` of `['k=v', 'k=v']`. */
function assigned(parts: readonly string[], decode: (raw: string) => string): Read {
  const members = parts.map((part) => {
    const equals = part.indexOf('=')
    return equals < 0 ? undefined : ([decode(part.slice(0, equals)), decode(part.slice(equals + 1))] as const)
  })
  return members.includes(undefined) ? MALFORMED : Object.fromEntries(members.filter((member) => member !== undefined))
}

const DELIMITERS: Readonly<Record<string, RegExp>> = {
  form: /,/,
  spaceDelimited: /%20|\+| /,
  pipeDelimited: /%7[Cc]|\|/,
}

/**
 * Query, form bodies and cookies: `form`, `spaceDelimited`, `pipeDelimited`, `deepObject`. `isMember`: of an exploded object.
 * `decode` undoes the escapes of a value.
 */
export function readPairs(
  pairs: readonly FormPair[],
  writing: Writing,
  isMember: (name: string) => boolean,
  decode = decoded,
): Read {
  const { name, style, explode, wanted } = writing
  if (style === 'deepObject') return deepObject(pairs, name)
  if (wanted === 'object' && explode) {
    const members = pairs.filter(([key]) => isMember(key))
    return members.length === 0 ? undefined : collected(members, decode)
  }
  const values = pairs.filter(([key]) => key === name).map(([, raw]) => raw)
  const [first] = values
  if (first === undefined) return undefined
  if (wanted === 'scalar') return values.length > 1 ? MALFORMED : decode(first)
  if (explode && wanted === 'array') return values.map(decode)
  if (values.length > 1) return MALFORMED
  const parts = first === '' ? [] : first.split(DELIMITERS[style] ?? /,/).map(decode)
  return wanted === 'array' ? parts : paired(parts)
}

/** Several values of one name are a list. */
export function collected(pairs: readonly FormPair[], decode = decoded): Untyped {
  const members = new Map<string, string | string[]>()
  for (const [name, raw] of pairs) {
    const before = members.get(name)
    const value = decode(raw)
    if (Array.isArray(before)) before.push(value)
    else members.set(name, before === undefined ? value : [before, value])
  }
  return Object.fromEntries(members)
}

/** Brackets within each other at most. */
const DEEPEST = 8

/** Whether a key names a member of a `deepObject`: `name[a]`. */
export const isWithin = (key: string, name: string): boolean => key.startsWith(`${name}[`)

/** `name[a]=1&name[b][c]=2`; a member that is given twice is a list. */
function deepObject(pairs: readonly FormPair[], name: string): Read {
  const root = new Map<string, unknown>()
  let found = false
  for (const [key, raw] of pairs) {
    if (!isWithin(key, name)) continue
    const steps = [...key.slice(name.length).matchAll(/\[([^[\]]*)\]/g)].map((match) => match[1] ?? '')
    const isWhole = steps.map((step) => `[${step}]`).join('') === key.slice(name.length)
    if (!isWhole || steps.length === 0 || steps.length > DEEPEST) return MALFORMED
    found = true
    if (!put(root, steps, decoded(raw))) return MALFORMED
  }
  return found ? plain(root) : undefined
}

function put(into: Map<string, unknown>, [step = '', ...rest]: readonly string[], value: string): boolean {
  const before = into.get(step)
  if (rest.length > 0 && rest.join('') !== '') {
    if (before !== undefined && !(before instanceof Map)) return false
    const inner = before instanceof Map ? (before as Map<string, unknown>) : new Map<string, unknown>()
    into.set(step, inner)
    return put(inner, rest, value)
  }
  if (before instanceof Map) return false
  const isList = rest.length > 0 // `name[a][]=1`
  if (Array.isArray(before)) before.push(value)
  else if (before === undefined) into.set(step, isList ? [value] : value)
  else into.set(step, [before, value])
  return true
}

function plain(value: unknown): Untyped {
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)]))
  return value as Untyped
}

/** One segment or its part, still escaped: `simple`, `label`, `matrix`. */
export function readPath(raw: string, { name, style, explode, wanted }: Writing): Read {
  if (style === 'label')
    return raw.startsWith('.') ? split(raw.slice(1), explode ? '.' : ',', explode, wanted) : MALFORMED
  if (style !== 'matrix') return split(raw, ',', explode, wanted)
  if (!raw.startsWith(';')) return MALFORMED
  const parts = raw.slice(1).split(';')
  if (wanted === 'object' && explode) return assigned(parts, decodedPercent)
  const values = parts.map((part) => (part.startsWith(`${name}=`) ? part.slice(name.length + 1) : undefined))
  const [first] = values
  if (first === undefined || values.includes(undefined)) return raw === `;${name}` ? '' : MALFORMED
  if (wanted === 'array' && explode) return values.map((value) => decodedPercent(value ?? ''))
  return values.length > 1 ? MALFORMED : split(first, ',', false, wanted)
}

function split(raw: string, delimiter: string, explode: boolean, wanted: Wanted): Read {
  if (wanted === 'scalar') return decodedPercent(raw)
  const parts = raw === '' ? [] : raw.split(delimiter)
  if (wanted === 'array') return parts.map(decodedPercent)
  return explode ? assigned(parts, decodedPercent) : paired(parts.map(decodedPercent))
}

/** RFC 9110 §5.5: a header field, whose style is `simple`; nothing is escaped in it. */
export function readHeader(value: string, { explode, wanted }: Writing): Read {
  if (wanted === 'scalar') return value
  const parts = value === '' ? [] : value.split(',').map((part) => part.trim())
  if (wanted === 'array') return parts
  return explode ? assigned(parts, (raw) => raw) : paired(parts)
}

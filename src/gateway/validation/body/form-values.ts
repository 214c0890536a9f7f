import { childOf, type Node } from '../../../api/contract/place.ts'
import { decoded, type FormPair, formPairs } from '../parameters/form-pairs.ts'
import { wantedBy } from '../parameters/read-parameter.ts'
import { collected, isWithin, MALFORMED, readPairs } from '../parameters/styles.ts'
import { type Typing, typedValue, type Untyped } from '../parameters/typed-value.ts'
import type { Run } from '../schema/run.ts'
import { isJson, parseMediaType } from './media-type.ts'
import type { Part } from './multipart.ts'
import { type BodyValue, readJson } from './read-json.ts'

/** What forms are read with: the media type object that declares them. */
export interface FormReading {
  readonly declared: Node
  readonly typing: Typing
  readonly run: Run
}

/** Fields of one form at most. */
const MOST_FIELDS = 10_000

/** WHATWG URL §5: `application/x-www-form-urlencoded`, each field as the `encoding` of its member says. */
export function urlencodedValue(text: string, reading: FormReading): BodyValue {
  const pairs = formPairs(text)
  if (pairs.length > MOST_FIELDS) return { problem: `has more than ${MOST_FIELDS} fields` }
  const schema = childOf(reading.declared, 'schema')
  const members: [string, unknown][] = []
  const read = new Set<FormPair>()
  for (const name of reading.typing.shapes.namesOf(schema)) {
    const member = memberOf(name, pairs, reading)
    if (member && 'problem' in member) return member
    if (!member) continue
    members.push([name, member.value])
    for (const pair of member.pairs) read.add(pair)
  }
  const others = pairs.filter((pair) => !read.has(pair)) // members that nobody declared
  const rest = typedValue(collected(others), schema, reading.typing, reading.run)
  return { value: { ...(rest as object), ...Object.fromEntries(members) } }
}

/** The value of a member, with the pairs that it was read from. */
type FormMember = { readonly value: unknown; readonly pairs: readonly FormPair[] } | { readonly problem: string }

function memberOf(
  name: string,
  pairs: readonly FormPair[],
  { declared, typing, run }: FormReading,
): FormMember | undefined {
  const schema = typing.shapes.memberOf(childOf(declared, 'schema'), name)
  const encoding = childOf(declared, 'encoding', name)
  const wanted = wantedBy(schema, typing)
  const own = pairs.filter(([key]) => key === name)
  const [first] = own
  const contentType = childOf(encoding, 'contentType').value
  if (first && own.length === 1 && wanted !== 'scalar' && isJsonField(contentType, decoded(first[1]))) {
    return { ...readJson(Buffer.from(decoded(first[1]))), pairs: own }
  }
  const style = childOf(encoding, 'style').value
  const explode = childOf(encoding, 'explode').value
  const isDeep = style === 'deepObject' || (wanted === 'object' && !first)
  const writing = {
    name,
    style: isDeep ? 'deepObject' : typeof style === 'string' ? style : 'form',
    explode: typeof explode === 'boolean' ? explode : wanted === 'array',
    wanted,
  }
  const read = readPairs(pairs, writing, () => false)
  if (read === undefined) return undefined
  const isTwofold = isDeep && own.length > 0 // `a=1&a[b]=2`
  if (read === MALFORMED || isTwofold) {
    return { problem: `has the field ${JSON.stringify(name)} in another form than declared` }
  }
  const used = isDeep ? pairs.filter(([key]) => isWithin(key, name)) : own
  return { value: typedValue(read, schema, typing, run), pairs: used }
}

const isJsonField = (contentType: unknown, text: string): boolean =>
  typeof contentType === 'string' ? isJson(contentType) : /^\s*[[{]/.test(text)

/** RFC 7578: each part a member, several of one name a list. A part that is a file, or of a type of its own, is a text. */
export function multipartValue(parts: readonly Part[], { declared, typing, run }: FormReading): BodyValue {
  const schema = childOf(declared, 'schema')
  const values = new Map<string, unknown[]>()
  for (const part of parts) {
    const member = typing.shapes.memberOf(schema, part.name)
    const isList = wantedBy(member, typing) === 'array'
    const read = partValue(part, isList ? typing.shapes.itemOf(member) : member, typing, run)
    if ('problem' in read) return { problem: `has a part ${JSON.stringify(part.name)} that ${read.problem}` }
    const whole = isList && Array.isArray(read.value) ? read.value : [read.value]
    const known = values.get(part.name)
    if (known) known.push(...whole)
    else values.set(part.name, whole)
  }
  const members = [...values].map(([name, list]) => {
    const isList = wantedBy(typing.shapes.memberOf(schema, name), typing) === 'array'
    return [name, isList || list.length > 1 ? list : list[0]]
  })
  return { value: Object.fromEntries(members) }
}

function partValue({ content, filename, mediaType }: Part, schema: Node, typing: Typing, run: Run): BodyValue {
  const declared = mediaType === undefined ? undefined : parseMediaType(mediaType)
  if (declared && isJson(declared.essence)) return readJson(content)
  if (filename !== undefined) return { value: content.toString('latin1') }
  const wanted = wantedBy(schema, typing)
  if (wanted !== 'scalar' && !declared) return readJson(content) // OAS "Encoding Object": the default of such a member
  const text: Untyped = content.toString('utf8')
  return { value: typedValue(text, schema, typing, run) }
}

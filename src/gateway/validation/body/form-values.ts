import { childOf, type Node } from '../../../api/contract/place.ts'
import { decoded, type FormPair, formPairs } from '../parameters/form-pairs.ts'
import { wantedBy } from '../parameters/read-parameter.ts'
import { collected, MALFORMED, readPairs } from '../parameters/styles.ts'
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
  const known = reading.typing.shapes.namesOf(schema)
  for (const name of known) {
    const member = memberOf(name, pairs, reading)
    if (member && 'problem' in member) return member
    if (member) members.push([name, member.value])
  }
  const others = pairs.filter(([name]) => !known.has(name) && !known.has(name.slice(0, name.indexOf('['))))
  const rest = typedValue(collected(others), schema, reading.typing, reading.run)
  return { value: { ...(rest as object), ...Object.fromEntries(members) } }
}

function memberOf(
  name: string,
  pairs: readonly FormPair[],
  { declared, typing, run }: FormReading,
): BodyValue | undefined {
  const schema = typing.shapes.memberOf(childOf(declared, 'schema'), name)
  const encoding = childOf(declared, 'encoding', name)
  const wanted = wantedBy(schema, typing)
  const own = pairs.filter(([key]) => key === name)
  const [first] = own
  const contentType = childOf(encoding, 'contentType').value
  if (first && own.length === 1 && wanted !== 'scalar' && isJsonField(contentType, decoded(first[1]))) {
    return readJson(Buffer.from(decoded(first[1])))
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
  if (read === MALFORMED) return { problem: `has the field ${JSON.stringify(name)} in another form than declared` }
  return read === undefined ? undefined : { value: typedValue(read, schema, typing, run) }
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

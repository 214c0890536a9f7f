import { childOf, entriesOf, isObject, type Node } from '../../../api/contract/place.ts'
import { cookiePairs, decoded, decodedPercent, type FormPair } from './form-pairs.ts'
import { MALFORMED, type Read, readHeader, readPairs, readPath, type Wanted, type Writing } from './styles.ts'
import type { Typing } from './typed-value.ts'

/** Where the texts of parameters are found in one request. */
export interface RequestTexts {
  readonly query: readonly FormPair[]
  /** `name=value`, as they stand in the header. */
  readonly cookies: readonly string[]
  path(name: string): string | undefined
  header(name: string): string | undefined
}

/** A declared parameter, and how its text is found and taken apart. */
export interface DeclaredParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header' | 'cookie'
  readonly required: boolean
  readonly allowsEmpty: boolean
  readonly schema: Node
  /** What stands in it is a text of this media type, not of a style. */
  readonly mediaType?: string
  read(texts: RequestTexts): Read
}

/** OAS "Parameter Object": headers of these names are described elsewhere. */
const NOT_PARAMETERS = new Set(['accept', 'content-type', 'authorization'])

const DEFAULT_STYLES = { path: 'simple', query: 'form', header: 'simple', cookie: 'form' } as const

/** Reads the declarations once. What is no parameter (or one of OpenAPI 3.2's whole queries) is left out. */
export function declaredParameters(nodes: readonly Node[], typing: Typing): DeclaredParameter[] {
  const named = nodes.filter((node) => isParameter(node))
  const queryNames = new Set(named.map((node) => String(childOf(node, 'name').value)))
  return named.map((node) => declared(node, typing, queryNames))
}

function isParameter(node: Node): boolean {
  if (!isObject(node.value)) return false
  const { name, in: place } = node.value
  if (typeof name !== 'string' || typeof place !== 'string' || !Object.hasOwn(DEFAULT_STYLES, place)) return false
  return place !== 'header' || !NOT_PARAMETERS.has(name.toLowerCase())
}

function declared(node: Node, typing: Typing, names: ReadonlySet<string>): DeclaredParameter {
  const value = node.value as Readonly<Record<string, unknown>>
  const place = value['in'] as DeclaredParameter['in']
  const name = String(value['name'])
  const [content] = entriesOf(childOf(node, 'content'))
  const schema = childOf(content ? content[1] : node, 'schema')
  const style = typeof value['style'] === 'string' ? value['style'] : DEFAULT_STYLES[place]
  const explode = typeof value['explode'] === 'boolean' ? value['explode'] : style === 'form'
  const writing: Writing = { name, style, explode, wanted: content ? 'scalar' : wantedBy(schema, typing) }
  const own = typing.shapes.namesOf(schema)
  const isMember = (key: string): boolean => (own.size > 0 ? own.has(key) : !names.has(key))
  return {
    name,
    in: place,
    required: place === 'path' || value['required'] === true,
    allowsEmpty: value['allowEmptyValue'] === true,
    schema,
    ...(content ? { mediaType: content[0] } : {}),
    read: (texts) => readFrom(texts, place, writing, isMember),
  }
}

/** A schema that allows a text as well takes the text, as long as there is one only. */
export function wantedBy(schema: Node, { shapes }: Typing): Wanted {
  const types = shapes.typesOf(schema)
  if (types.has('string') || types.has('number') || types.has('boolean')) return 'scalar'
  return types.has('array') ? 'array' : types.has('object') ? 'object' : 'scalar'
}

function readFrom(
  texts: RequestTexts,
  place: DeclaredParameter['in'],
  writing: Writing,
  isMember: (name: string) => boolean,
): Read {
  if (place === 'query') return severally(texts.query, writing, readPairs(texts.query, writing, isMember))
  if (place === 'cookie') {
    const isExploded = writing.explode && writing.wanted !== 'scalar'
    return readPairs(cookiePairs(texts.cookies, isExploded), writing, isMember, decodedPercent)
  }
  const text = place === 'path' ? texts.path(writing.name) : texts.header(writing.name.toLowerCase())
  if (text === undefined) return undefined
  return place === 'path' ? readPath(text, writing) : readHeader(text, writing)
}

/** Where a text would do and there are several, they are a list: the schema decides whether it takes one. */
function severally(pairs: readonly FormPair[], { name, wanted, explode }: Writing, read: Read): Read {
  if (read !== MALFORMED || wanted !== 'scalar' || !explode) return read
  return pairs.filter(([key]) => key === name).map(([, raw]) => decoded(raw))
}

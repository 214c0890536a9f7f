import type { Contract } from '../../api/contract/contract.ts'
import { childOf, entriesOf, isObject, type Node } from '../../api/contract/place.ts'
import type { MockResponseSettings } from '../../api/settings/mock-response.ts'
import { Problem } from '../../core/problem.ts'
import { isOwnResponseHeader } from '../response-headers.ts'
import { isJson } from '../validation/body/media-type.ts'
import { exampleOf } from './example.ts'
import type { Preferences } from './preferences.ts'

export interface MockAnswer {
  readonly status: number
  /** Flat. */
  readonly headers: readonly string[]
  readonly body: string
}

/** What a client asks for. */
export interface MockWish {
  readonly preferences: Preferences
  /** How much it wants a media type. */
  readonly accepts: (mediaType: string) => number
}

/** The answer that the document describes; throws a 406 problem when it has none that the client takes. */
export function mockAnswer(contract: Contract, settings: MockResponseSettings, wish: MockWish): MockAnswer {
  const { status, response } = chosenResponse(contract, settings, wish.preferences)
  const headers = response ? headersOf(response, contract) : []
  const content = response && entriesOf(childOf(response, 'content'))
  if (settings.body !== undefined) {
    const mediaType = settings.fromOASExamples.contentType ?? 'application/json'
    return { status, headers: ['Content-Type', mediaType, ...headers], body: settings.body }
  }
  if (!content || content.length === 0 || !settings.fromOASExamples.enabled) return { status, headers, body: '' }
  const { mediaType, body } = chosenBody(content, contract, settings, wish)
  return { status, headers: ['Content-Type', mediaType, ...headers], body }
}

interface Chosen {
  readonly status: number
  readonly response: Node | undefined
}

/** What the client prefers, if the document has it; else what the settings say; else the lowest successful one. */
function chosenResponse(contract: Contract, settings: MockResponseSettings, { code }: Preferences): Chosen {
  const find = (status: number): Node | undefined =>
    [String(status), `${String(status).charAt(0)}XX`, 'default']
      .map((key) => contract.follow(childOf(contract.responses, key)))
      .find((response) => response?.value !== undefined)
  const preferred = code === undefined ? undefined : find(code)
  if (code !== undefined && preferred) return { status: code, response: preferred }
  const fixed = settings.code ?? settings.fromOASExamples.code
  if (fixed !== undefined) return { status: fixed, response: find(fixed) }
  const declared = entriesOf(contract.responses)
    .map(([key]) => (/^[2-5]XX$/i.test(key) ? Number(`${key.charAt(0)}00`) : Number(key)))
    .filter((status) => Number.isInteger(status) && status >= 200 && status <= 599)
    .sort((a, b) => a - b)
  const status = declared.find((one) => one < 300) ?? (find(200) ? 200 : declared[0]) ?? 200
  return { status, response: find(status) }
}

function chosenBody(
  content: readonly (readonly [string, Node])[],
  contract: Contract,
  settings: MockResponseSettings,
  { preferences, accepts }: MockWish,
): { readonly mediaType: string; readonly body: string } {
  const { contentType, exampleName } = settings.fromOASExamples
  const offers = content
    .map(([key, node]) => ({ key, node, mediaType: key.includes('*') ? 'application/json' : key }))
    .map((offer) => ({ ...offer, wanted: accepts(offer.mediaType) + (offer.key === contentType ? 0.0005 : 0) }))
    .filter(({ wanted, mediaType }) => wanted > 0.001 || accepts(mediaType) > 0)
    .sort((a, b) => b.wanted - a.wanted)
  if (offers.length === 0) {
    const types = content.slice(0, 10).map(([key]) => key)
    throw new Problem(406, 'not_acceptable', `The answer can be had as ${types.join(' or ')}.`)
  }
  for (const { node, mediaType } of offers) {
    const value = exampleOf(node, preferences.example ?? exampleName, contract)
    const body = written(value, mediaType)
    if (body !== undefined) return { mediaType, body }
  }
  throw new Problem(501, 'not_mocked', 'The document has no example that could be answered.')
}

/** Undefined for what cannot be written in a media type: there is no XML of a JSON value. */
function written(value: unknown, mediaType: string): string | undefined {
  if (isJson(mediaType)) return typeof value === 'string' && isJsonText(value) ? value : JSON.stringify(value)
  if (typeof value === 'string') return value
  return /^text\/(?!xml)/i.test(mediaType) ? JSON.stringify(value) : undefined
}

/** Many authors write their examples of JSON as texts. */
function isJsonText(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const FIELD_VALUE = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** OAS "Response Object": its headers, as far as the gateway does not say them itself. */
function headersOf(response: Node, contract: Contract): string[] {
  return entriesOf(childOf(response, 'headers')).flatMap(([name, node]) => {
    if (/^content-type$/i.test(name) || !FIELD_NAME.test(name) || isOwnResponseHeader(name)) return []
    const declared = contract.follow(node)
    const value = declared && exampleOf(declared, undefined, contract)
    const text = isObject(value) || Array.isArray(value) ? '' : String(value)
    return FIELD_VALUE.test(text) ? [name, text] : []
  })
}

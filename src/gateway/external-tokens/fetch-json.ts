import { type Outbound, OutboundError } from '../../outbound/outbound.ts'
import { TokenServerUnavailable } from './token-server-unavailable.ts'

type JsonObject = Readonly<Record<string, unknown>>

const BYTES = 1_048_576
const TIMEOUT = 5_000

/** Undefined for a status that says that there is no such document. Throws `TokenServerUnavailable` for everything else. */
export async function fetchJson(outbound: Outbound, url: string): Promise<JsonObject | undefined> {
  const response = await outbound
    .request({
      method: 'GET',
      url,
      headers: { accept: 'application/json' },
      timeout: TIMEOUT,
      maxBytes: BYTES,
      chosenBy: 'operator',
    })
    .catch(unavailable(url))
  if (response.status === 404 || response.status === 410) return undefined
  const body = response.status === 200 && !response.truncated ? jsonObject(response.body) : undefined
  if (!body) throw new TokenServerUnavailable(`${url} answered ${response.status} without a usable document`)
  return body
}

/** Turns what an outbound call throws into words for the log. */
export const unavailable =
  (url: string) =>
  (error: unknown): never => {
    if (!(error instanceof OutboundError)) throw error
    throw new TokenServerUnavailable(`${url}: ${error.message}`)
  }

/** Undefined when the text is no JSON object. */
export function jsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined // the caller says what that means
  }
}

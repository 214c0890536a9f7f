import type { Readable } from 'node:stream'
import { OAuthError } from './errors.ts'
import { NO_PARAMETERS, type Parameters, parametersOf, parseForm } from './http.ts'

const MAX_PARAMETERS = 64

/**
 * The bytes of a request body. Stops reading, and rejects with 413, as soon as there are more than `limit`, whatever
 * `Content-Length` says.
 */
export function readBytes(body: Readable, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const refuse = (error: Error): void => {
      body.removeAllListeners('data').pause()
      reject(error)
    }
    body.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > limit) refuse(tooLarge())
      else chunks.push(chunk)
    })
    let ended = false
    body.on('end', () => {
      ended = true
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))
    })
    body.on('error', () => refuse(invalid('The body could not be read.')))
    body.on('close', () => {
      if (!ended) refuse(invalid('The body ended early.'))
    })
  })
}

export const tooLarge = (): OAuthError => invalid('The body is too large.', 413)

/**
 * The parameters in a body: a form (RFC 6749 appendix B), a flat JSON object of strings, or multipart/form-data.
 * Throws `invalid_request` for any other or a malformed one.
 */
export async function parseBody(
  headers: Readonly<Record<string, string | undefined>>,
  bytes: Buffer,
): Promise<Parameters> {
  // What is small on the wire may be huge unpacked; nobody needs it here.
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') throw invalid('The body must not be compressed.', 415)
  const contentType = headers['content-type'] ?? ''
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (bytes.length === 0 && type === '') return NO_PARAMETERS
  const parse = FORMATS.get(type)
  if (!parse) throw invalid('The body must be application/x-www-form-urlencoded.', type === '' ? 400 : 415)
  const parameters = await parse(bytes, contentType)
  if (parameters.entries.length > MAX_PARAMETERS) throw invalid('There are too many parameters.')
  return parameters
}

type Format = (bytes: Buffer, contentType: string) => Parameters | Promise<Parameters>

const FORMATS: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['application/x-www-form-urlencoded', (bytes) => parseForm(bytes.toString('utf8'))],
  ['application/json', (bytes) => parametersOf(flatStrings(bytes.toString('utf8')))],
  ['multipart/form-data', parseMultipart],
])

const STRING_LITERAL = /"(?:[^"\\]|\\.)*"/g

function flatStrings(text: string): readonly (readonly [string, string])[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid('The JSON is malformed.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('The JSON must be an object.')
  const entries = Object.entries(value).map(([name, member]): readonly [string, string] => {
    if (typeof member !== 'string') throw invalid('Every member of the JSON must be a string.')
    return [name, member]
  })
  // Of members with one name JSON.parse keeps the last; a flat object has two string literals for every member.
  if ((text.match(STRING_LITERAL)?.length ?? 0) !== entries.length * 2) throw invalid('A parameter was sent twice.')
  return entries
}

async function parseMultipart(bytes: Buffer, contentType: string): Promise<Parameters> {
  let form: FormData
  try {
    form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } }).formData()
  } catch {
    throw invalid('The multipart body is malformed.')
  }
  return parametersOf(
    [...form].map(([name, value]): readonly [string, string] => {
      if (typeof value !== 'string') throw invalid('Files are not accepted.')
      return [name, value]
    }),
  )
}

function invalid(description: string, status = 400): OAuthError {
  // RFC 9110 §15.5.14: the rest of the body is not read, so the connection cannot be used again.
  const headers = status === 413 ? { connection: 'close' } : undefined
  return new OAuthError('invalid_request', description, headers ? { status, headers } : { status })
}

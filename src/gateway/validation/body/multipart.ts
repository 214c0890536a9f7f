import { headerParameters } from './media-type.ts'

export interface Part {
  readonly name: string
  /** The part is a file. */
  readonly filename?: string
  readonly mediaType?: string
  readonly content: Buffer
}

const MOST_PARTS = 1_000
const LONGEST_HEAD = 8_192
const CRLF = '\r\n'

/**
 * RFC 7578 on RFC 2046 §5.1. Undefined for what is not exactly of that form: what parsers read differently would let a
 * request show the gateway one value and the upstream another.
 */
export function multipartParts(body: Buffer, boundary: string): Part[] | undefined {
  if (
    boundary === '' ||
    boundary.length > 70 ||
    !body.subarray(0, boundary.length + 2).equals(Buffer.from(`--${boundary}`))
  )
    return undefined
  const delimiter = Buffer.from(`${CRLF}--${boundary}`)
  const parts: Part[] = []
  let at = delimiter.length - CRLF.length
  while (parts.length < MOST_PARTS) {
    if (body.subarray(at, at + 2).equals(Buffer.from('--')))
      return /^(?:\r\n)?$/.test(body.toString('latin1', at + 2)) ? parts : undefined
    if (!body.subarray(at, at + 2).equals(Buffer.from(CRLF))) return undefined
    const end = body.indexOf(delimiter, at)
    if (end < 0) return undefined
    const part = partOf(body.subarray(at + 2, end))
    if (!part) return undefined
    parts.push(part)
    at = end + delimiter.length
  }
  return undefined
}

function partOf(bytes: Buffer): Part | undefined {
  const end = bytes.indexOf(CRLF + CRLF)
  if (end < 0 || end > LONGEST_HEAD) return undefined
  const fields = headOf(bytes.toString('utf8', 0, end))
  const disposition = fields?.get('content-disposition')
  if (!fields || disposition === undefined || !/^form-data(?=;)/i.test(disposition)) return undefined
  if (fields.has('content-transfer-encoding')) return undefined // RFC 7578 §4.7: not any more
  const parameters = headerParameters(disposition.slice('form-data'.length))
  const name = parameters?.get('name')
  const filename = parameters?.get('filename') ?? parameters?.get('filename*')
  const mediaType = fields.get('content-type')
  if (name === undefined) return undefined
  return {
    name,
    ...(filename === undefined ? {} : { filename }),
    ...(mediaType === undefined ? {} : { mediaType }),
    content: bytes.subarray(end + 4),
  }
}

function headOf(text: string): Map<string, string> | undefined {
  const fields = new Map<string, string>()
  for (const line of text.split(CRLF)) {
    const found = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line)
    const name = found?.[1]?.toLowerCase()
    if (!found || name === undefined || fields.has(name)) return undefined
    fields.set(name, found[2] ?? '')
  }
  return fields
}

import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib'
import { Problem } from '../../../core/problem.ts'
import { bodyTooLarge } from '../../policies/request-size-limit.ts'

type Undo = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>

const CODINGS: Readonly<Record<string, Undo>> = {
  gzip: promisify<Buffer, { maxOutputLength?: number }, Buffer>(gunzip),
  'x-gzip': promisify<Buffer, { maxOutputLength?: number }, Buffer>(gunzip),
  deflate: promisify<Buffer, { maxOutputLength?: number }, Buffer>(inflate),
  br: promisify<Buffer, { maxOutputLength?: number }, Buffer>(brotliDecompress),
  zstd: promisify<Buffer, { maxOutputLength?: number }, Buffer>(zstdDecompress),
}

/** RFC 9110 §8.4: the content of a body, `limit` bytes at most. Rejects with 413, 400, or 415 for a coding that is not known. */
export async function undoCoding(bytes: Buffer, coding: string | undefined, limit: number): Promise<Buffer> {
  const name = coding?.trim().toLowerCase() ?? 'identity'
  if (name === 'identity' || name === '') return bytes
  const undo = Object.hasOwn(CODINGS, name) ? CODINGS[name] : undefined
  if (!undo) {
    const headers = { 'Accept-Encoding': 'gzip, deflate, br, zstd' }
    throw new Problem(415, 'unsupported_content_coding', 'The coding of the body is not known here.', { headers })
  }
  try {
    return await undo(bytes, { maxOutputLength: Math.max(1, limit) })
  } catch (error) {
    if (error instanceof RangeError) throw bodyTooLarge(limit)
    throw new Problem(400, 'bad_request', 'The body is not in the coding that it names.')
  }
}

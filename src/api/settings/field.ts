import { z } from 'zod'
import { BYTE_SIZE_PATTERN, parseByteSize } from '../../core/byte-size.ts'
import { DURATION_PATTERN, FOREVER, parseDuration } from '../../core/duration.ts'
import { Secret } from '../../core/secret.ts'

/** What the editor, the documentation and the console say of a setting. */
export interface FieldText {
  readonly title: string
  readonly description: string
  readonly examples?: readonly unknown[]
}

/** A duration; becomes milliseconds. `"30s"`, `"1h30m"`, or a bare number of seconds. */
export const duration = (text: FieldText) =>
  z
    .union([z.string().regex(DURATION_PATTERN, 'a duration such as "30s", "5m", "2h" or "14d"'), z.int().min(0)])
    .meta({ examples: ['30s', '5m', '2h', '14d'], ...text })
    .transform((value) => parseDuration(value) ?? 0)

/** A duration of which 0 is none that ends soon, but `FOREVER`. */
export const lifetime = (text: FieldText) => duration(text).transform((milliseconds) => milliseconds || FOREVER)

/** A size; becomes bytes. `"512kb"`, `"10MiB"`, or a bare number of bytes. */
export const byteSize = (text: FieldText) =>
  z
    .union([z.string().regex(BYTE_SIZE_PATTERN, 'a size such as "16kb" or "10mb"'), z.int().min(0)])
    .meta({ examples: ['16kb', '10mb'], ...text })
    .transform((value) => parseByteSize(value) ?? 0)

/** A secret; becomes a `Secret`, so that nothing prints it. A literal one in a document is a warning. */
export const secret = (text: FieldText) =>
  z
    .string()
    .min(1)
    .meta({ ...text, secret: true, examples: text.examples ?? ['env:MY_SECRET', 'file:/run/secrets/my-secret'] })
    .transform((value) => new Secret(value))

/** An absolute http or https URL without user information. */
export const httpUrl = (text: FieldText) =>
  z
    .string()
    .refine(isHttpUrl, 'an absolute http or https URL without user information')
    .meta({ ...text, format: 'uri-reference' })

function isHttpUrl(value: string): boolean {
  if (!URL.canParse(value)) return isPlaceholderUrl(value)
  const url = new URL(value)
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.password === ''
}

/** `http://<identity-server>/login`, as tutorials write it: it loads, and the compiler warns that it leads nowhere. */
export function isPlaceholderUrl(value: string): boolean {
  return /^https?:\/\/<[^<>/]+>(?:[/?#]|$)/.test(value)
}

/** A switch that is off, or on, unless said otherwise. */
export const flag = (initial: boolean, text: FieldText) =>
  z
    .boolean()
    .default(initial)
    .meta({ ...text })

/** A plain text. */
export const text = (text: FieldText) =>
  z
    .string()
    .min(1)
    .meta({ ...text })

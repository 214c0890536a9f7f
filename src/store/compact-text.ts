/** Base64url without padding of these numbers of bytes is what digests and generated ids look like. */
const LENGTHS: Readonly<Record<number, number>> = { 22: 16, 43: 32 }

/** The 16 or 32 bytes that `text` is the base64url form of; undefined if it is not, or not in its only proper form. */
export function bytesOf(text: string): Buffer | undefined {
  const length = LENGTHS[text.length]
  if (length === undefined || !/^[\w-]+$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length === length && bytes.toString('base64url') === text ? bytes : undefined
}

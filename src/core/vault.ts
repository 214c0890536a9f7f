import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import type { Random } from './random.ts'

/** Derives purpose-bound keys from one master key, so that no key is used for two things. */
export interface Vault {
  /** HMAC-SHA256 of `data` under the key for `purpose`. */
  mac(purpose: string, data: Uint8Array | string): Buffer
  /** AES-256-GCM; `context` is bound to the text and must be given again to open it. base64url. */
  seal(purpose: string, text: string, context: string): string
  /** Undefined when the text was sealed under another key, purpose or context, or was altered. */
  open(purpose: string, sealed: string, context: string): string | undefined
}

const NONCE = 12
const TAG = 16

/** `masterKey`: at least 32 random bytes, the same on every gateway that shares a store. */
export function openVault(masterKey: Uint8Array, random: Random): Vault {
  if (masterKey.length < 32) throw new RangeError('the master key must have at least 32 bytes')
  const keys = new Map<string, Buffer>()
  const keyFor = (purpose: string): Buffer => {
    let key = keys.get(purpose)
    if (!key) {
      key = Buffer.from(hkdfSync('sha256', masterKey, 'gatehouse', purpose, 32))
      keys.set(purpose, key)
    }
    return key
  }
  return {
    mac: (purpose, data) => createHmac('sha256', keyFor(purpose)).update(data).digest(),
    seal(purpose, text, context) {
      return sealWith(keyFor(purpose), text, context, random)
    },
    open(purpose, sealed, context) {
      return openWith(keyFor(purpose), sealed, context)
    },
  }
}

/** AES-256-GCM under a key of 32 bytes; nonce, tag and text as one base64url string. */
export function sealWith(key: Uint8Array, text: string, context: string, random: Random): string {
  const nonce = random(NONCE)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(context))
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
}

/** The reverse of `sealWith`; undefined for anything that was not made by it with the same key and context. */
export function openWith(key: Uint8Array, sealed: string, context: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < NONCE + TAG) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE), { authTagLength: TAG })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG))
  try {
    return decipher.update(bytes.subarray(NONCE + TAG), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return undefined // the tag does not match: another key, another context, or altered bytes
  }
}

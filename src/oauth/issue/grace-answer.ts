import { hkdfSync } from 'node:crypto'
import type { Random } from '../../core/random.ts'
import { openWith, sealWith } from '../../core/vault.ts'
import type { TokenAnswer } from '../grants/authorization.ts'

/** Seals an answer so that only who holds `refreshToken`, which it answered, can have it again. */
export function sealAnswer(answer: TokenAnswer, refreshToken: string, grantId: string, random: Random): string {
  return sealWith(keyFrom(refreshToken), JSON.stringify(answer), grantId, random)
}

/** The answer that was sealed for the holder of `refreshToken`; undefined if it was not. */
export function openAnswer(sealed: string, refreshToken: string, grantId: string): TokenAnswer | undefined {
  const text = openWith(keyFrom(refreshToken), sealed, grantId)
  return text === undefined ? undefined : (JSON.parse(text) as TokenAnswer) // authentic: we wrote it
}

/** The token itself is the key material: the store holds its digest only, so the store alone opens nothing. */
function keyFrom(refreshToken: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', refreshToken, 'gatehouse', 'refresh-answer', 32))
}

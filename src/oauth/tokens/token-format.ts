import { timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Random } from '../../core/random.ts'
import type { Vault } from '../../core/vault.ts'

/**
 * `<prefix>_<body><checksum>`, all of `A-Za-z0-9-_`. The prefix lets secret scanners find leaked tokens, the checksum
 * lets garbage be refused without asking the store, and the body begins with the id of the grant, which says where
 * everything of that grant lives.
 */
const PREFIX = { access: 'gat_', refresh: 'grt_', code: 'gac_', login: 'glc_' } as const
export type TokenKind = keyof typeof PREFIX

const GRANT_ID = 16
const SECRET = 32
const GENERATION = 4
const MAC = 16
const PLAIN = GRANT_ID + SECRET
const REFRESH = PLAIN + GENERATION + MAC
const CHECKSUM_LENGTH = 6
const LENGTH = {
  access: textLength(PLAIN),
  refresh: textLength(REFRESH),
  code: textLength(PLAIN),
  login: textLength(PLAIN),
} as const satisfies Record<TokenKind, number>

/** The id of a new grant: 128 random bits, base64url. */
export function newGrantId(random: Random): string {
  return random(GRANT_ID).toString('base64url')
}

/** A new token with 256 bits of secret that belongs to the grant. */
export function mintToken(kind: 'access' | 'code' | 'login', grantId: string, random: Random): string {
  return withChecksum(kind, Buffer.concat([Buffer.from(grantId, 'base64url'), random(SECRET)]))
}

/** The grant id in a token; undefined for anything that is not a well-formed token of that kind. */
export function readToken(kind: 'access' | 'code' | 'login', token: string): string | undefined {
  return bodyOf(kind, token)?.toString('base64url', 0, GRANT_ID)
}

/**
 * A refresh token also carries its generation and a MAC, so that a genuine token that was used before (a replay, which
 * ends the family) is told from a forged one (which must not) without keeping every token that ever was.
 */
export function mintRefreshToken(grantId: string, generation: number, random: Random, vault: Vault): string {
  const body = Buffer.alloc(REFRESH)
  body.write(grantId, 0, GRANT_ID, 'base64url')
  random(SECRET).copy(body, GRANT_ID)
  body.writeUInt32BE(generation, PLAIN)
  macOf(body, vault).copy(body, PLAIN + GENERATION)
  return withChecksum('refresh', body)
}

/** What a genuine refresh token says; undefined for one that this gateway never made. */
export function readRefreshToken(
  token: string,
  vault: Vault,
): { readonly grantId: string; readonly generation: number } | undefined {
  const body = bodyOf('refresh', token)
  if (!body || !timingSafeEqual(body.subarray(PLAIN + GENERATION), macOf(body, vault))) return undefined
  return { grantId: body.toString('base64url', 0, GRANT_ID), generation: body.readUInt32BE(PLAIN) }
}

const macOf = (body: Buffer, vault: Vault): Buffer =>
  vault.mac('refresh-token', body.subarray(0, PLAIN + GENERATION)).subarray(0, MAC)

/** The kind that a text claims to be by its prefix. */
export function tokenKind(token: string): TokenKind | undefined {
  for (const kind of Object.keys(PREFIX) as TokenKind[]) {
    if (token.startsWith(PREFIX[kind])) return kind
  }
  return undefined
}

function withChecksum(kind: TokenKind, body: Buffer): string {
  const text = PREFIX[kind] + body.toString('base64url')
  return text + checksum(text)
}

function bodyOf(kind: TokenKind, token: string): Buffer | undefined {
  const prefix = PREFIX[kind]
  if (token.length !== LENGTH[kind] || !token.startsWith(prefix)) return undefined
  const end = token.length - CHECKSUM_LENGTH
  const text = token.slice(0, end)
  if (token.slice(end) !== checksum(text)) return undefined
  const body = Buffer.from(token.slice(prefix.length, end), 'base64url')
  // The last character may carry bits that decode to nothing: only the one spelling that we wrote is a token.
  return body.toString('base64url') === token.slice(prefix.length, end) ? body : undefined
}

/** CRC-32 of the text as 6 base64url characters. It detects mistakes; it protects nothing. */
function checksum(text: string): string {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(crc32(text), 0)
  return bytes.toString('base64url')
}

function textLength(bytes: number): number {
  return 'gxx_'.length + Math.ceil((bytes * 8) / 6) + CHECKSUM_LENGTH
}

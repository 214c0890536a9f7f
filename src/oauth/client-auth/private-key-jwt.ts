import { decodeJwt, decodeProtectedHeader, errors, importJWK, type JWK, type JWTPayload, jwtVerify } from 'jose'
import type { Api } from '../../api/api.ts'
import { OAuthError } from '../errors.ts'
import type { ClientRecord } from '../records/client.ts'
import { usedAssertionKey } from '../records/used-assertion.ts'
import type { OAuthServices } from '../services.ts'
import type { ClientAuthMethod } from './client-auth-method.ts'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Asymmetric ones only; each is tied to the type of the key it is tried with. */
export const ASSERTION_ALGORITHMS = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'EdDSA', 'Ed25519']

/** RFC 10070 §4; before it there was none, or the general one. */
const TYPES: ReadonlySet<string | undefined> = new Set([undefined, 'jwt', 'client-authentication+jwt'])

/** How far clocks may differ, and how long an assertion may live (seconds). */
const TOLERANCE = 30
const LONGEST = 600
const MAX_JTI = 256

/** RFC 7523 §2.2: a JWT that the client has signed, good once, for this issuer alone. */
export const privateKeyJwt: ClientAuthMethod = {
  method: 'private_key_jwt',
  read({ body }) {
    const type = body?.get('client_assertion_type')
    const assertion = body?.get('client_assertion')
    if (type === undefined && assertion === undefined) return undefined
    const clientId = type === ASSERTION_TYPE ? claimedSubject(assertion ?? '') : undefined
    if (assertion === undefined || clientId === undefined) throw unreadable()
    return [
      {
        clientId,
        proves: async (client, services, _, api) =>
          client !== undefined &&
          client.type === 'confidential' &&
          isGood(await verified(assertion, client, api, services), client, services),
      },
    ]
  },
}

const unreadable = (): OAuthError => new OAuthError('invalid_client', 'Client authentication failed.')

/** RFC 7515 §3.1: a signed JWT. Decoders pass over blanks and line breaks, which no client has written. */
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/** Who the client says it is; nothing of it is believed before the signature is checked. */
function claimedSubject(assertion: string): string | undefined {
  if (!COMPACT.test(assertion)) return undefined
  try {
    const { sub } = decodeJwt(assertion)
    return typeof sub === 'string' && sub !== '' ? sub : undefined
  } catch {
    return undefined // no JWT at all
  }
}

/** The claims, if one of the client's keys has signed them, for this issuer, and their time is now. */
async function verified(
  assertion: string,
  client: ClientRecord,
  api: Api,
  { clientKeys, clock }: Pick<OAuthServices, 'clientKeys' | 'clock'>,
): Promise<JWTPayload | undefined> {
  const header = headerOf(assertion)
  if (!header || !TYPES.has(header.typ?.toLowerCase().replace(/^application\//, ''))) return undefined
  const keys = client.jwks || client.jwksUri ? await clientKeys.of(client, header.kid) : []
  const options = {
    algorithms: ASSERTION_ALGORITHMS,
    issuer: client.clientId,
    subject: client.clientId,
    requiredClaims: ['exp', 'jti'],
    clockTolerance: TOLERANCE,
    currentDate: new Date(clock.now()),
  }
  for (const key of keys) {
    if (header.kid !== undefined && key.kid !== undefined && key.kid !== header.kid) continue
    const payload = await signedBy(key, assertion, header.alg, options)
    if (payload) return payload.aud === api.issuer ? payload : undefined // RFC 10070 §4: the only audience, as a string
  }
  return undefined
}

function headerOf(assertion: string) {
  try {
    const { alg = '', kid, typ } = decodeProtectedHeader(assertion)
    return { alg, kid, typ }
  } catch {
    return undefined
  }
}

async function signedBy(
  key: JWK,
  assertion: string,
  alg: string,
  options: Parameters<typeof jwtVerify>[2],
): Promise<JWTPayload | undefined> {
  try {
    if (key.alg !== undefined && key.alg !== alg) return undefined
    return (await jwtVerify(assertion, await importJWK(key, alg), options)).payload
  } catch (error) {
    // Whatever is wrong with a key or with what was sent, it proves nothing.
    if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException)
      return undefined
    throw error
  }
}

/** Not too long-lived, not from the future, and not used before: this use is kept until it could not be repeated. */
async function isGood(
  claims: JWTPayload | undefined,
  { clientId }: ClientRecord,
  { store, clock }: Pick<OAuthServices, 'store' | 'clock'>,
): Promise<boolean> {
  const { exp, iat, jti } = claims ?? {}
  if (exp === undefined || typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI) return false
  const now = clock.now() / 1000
  if (exp > now + LONGEST + TOLERANCE || (iat !== undefined && iat > now + TOLERANCE)) return false
  const key = usedAssertionKey(clientId, jti)
  const expiresAt = Math.ceil((exp + TOLERANCE) * 1000) + 1000
  const outcome = await store.commit({
    partition: key.partition,
    guards: [{ key, version: 0 }],
    writes: [{ op: 'put', key, value: true, expiresAt }],
  })
  return outcome.ok
}

import type { ClaimSettings } from '../../api/settings/external-tokens.ts'
import type { Principal } from '../../oauth/tokens/principal.ts'

/** What a token says, whoever vouches for it. */
export type Claims = Readonly<Record<string, unknown>>

/** Bytes of a claim that is told in a header at most. */
const LONGEST_HEADER = 4_096

/** Who the claims speak of. `leeway`: milliseconds that the token is believed beyond its end. */
export function principalOf(claims: Claims, settings: ClaimSettings, leeway: number): Principal {
  const clientId = firstText(settings.client.map((name) => claims[name]))
  const subject = firstText([claims[settings.subject]])
  const headers = claimHeaders(claims, settings.headers)
  const expiry = secondsOf(claims['exp'])
  const issuedAt = secondsOf(claims['iat'])
  return {
    ...(clientId === undefined ? {} : { clientId }),
    // a client that acts for itself is no user, also where the server says so with its own id
    ...(subject === undefined || subject === clientId ? {} : { subject }),
    scope: new Set(settings.scope.flatMap((name) => wordsOf(claims[name]))),
    policies: [],
    metadata: {},
    ...(headers.length === 0 ? {} : { headers }),
    ...(issuedAt === undefined ? {} : { issuedAt }),
    ...(expiry === undefined ? {} : { expiresAt: expiry + leeway }),
  }
}

const firstText = (values: readonly unknown[]): string | undefined =>
  values.find((value): value is string => typeof value === 'string' && value !== '')

const secondsOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value * 1000 : undefined

function wordsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '')
  return Array.isArray(value) ? value.filter((word): word is string => typeof word === 'string' && word !== '') : []
}

/** Flat: name, value, name, value. What is not there, or too long, is not told. */
function claimHeaders(claims: Claims, wanted: Readonly<Record<string, string>>): string[] {
  return Object.entries(wanted).flatMap(([header, path]) => {
    const value = headerText(claimAt(claims, path))
    return value === undefined || value === '' || value.length > LONGEST_HEADER ? [] : [header, value]
  })
}

/** The claim of this name; else what the path leads to, because names may have dots themselves. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let value: unknown = claims
  for (const step of path.split('.')) {
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, step)
    if (!isThere) return undefined
    value = (value as Claims)[step]
  }
  return value
}

function headerText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  const isPlain = Array.isArray(value) && value.every((item) => typeof item !== 'object')
  return isPlain ? value.join(',') : JSON.stringify(value)
}

import type { Api, Security, SecurityScheme } from '../../api/api.ts'
import { Problem } from '../../core/problem.ts'
import type { Principal } from '../../oauth/tokens/principal.ts'
import { quoted } from '../credentials/bearer-challenge.ts'
import type { Challenge } from '../credentials/credential.ts'
import { compileChallenge } from '../credentials/index.ts'
import { Denial } from './denial.ts'
import { hasScopes, isRefusal, type Refusal, type Verdict } from './verdict.ts'

/** What happens when no alternative is satisfied: someone goes on after all, or a `Problem` is thrown. */
export type Refuse = (verdicts: readonly Verdict[]) => Principal | 'public'

const RETRY_AFTER = '1'

/**
 * RFC 6750 §3.1, most telling first: asked twice (400), good credentials with too little scope (403), undecided (503), bad
 * credentials (401 with the error), none (401 without), and last a scheme that nobody can satisfy (501).
 * The anonymous consumer stands in for bad and missing credentials only.
 */
export function compileRefusals(security: Security, schemes: readonly SecurityScheme[], api: Api): Refuse {
  const optional = security.some((alternative) => alternative.length === 0)
  const anonymous =
    api.authentication.anonymous === undefined ? undefined : anonymousConsumer(api.authentication.anonymous)
  const challenges = challengesOf(security, schemes, api)
  return (verdicts) => {
    const refusals = verdicts.filter(isRefusal)
    const find = (kind: Refusal['refused']) => refusals.find(({ refused }) => refused === kind)
    const several = find('several')
    if (several)
      throw new Denial(
        400,
        'invalid_request',
        several.detail,
        challengeLines(challenges, 'invalid_request', several.detail),
      )
    if (optional && !find('invalid') && !find('unknown')) return proven(verdicts) ?? anonymous ?? 'public'
    const short = scopesNeeded(security, schemes, verdicts)
    if (short) throw insufficientScope(short, challenges)
    const unknown = find('unknown')
    if (unknown) {
      const headers = { 'Retry-After': RETRY_AFTER }
      throw new Problem(503, 'temporarily_unavailable', unknown.detail, { headers, cause: unknown.cause })
    }
    const unsupported = find('unsupported')
    if (unsupported && everyAlternativeNeeds(security, 'unsupported'))
      throw new Problem(501, 'unsupported_security_scheme', unsupported.detail)
    if (anonymous) return anonymous
    const invalid = find('invalid')
    if (invalid)
      throw new Denial(
        401,
        'invalid_token',
        invalid.detail,
        challengeLines(challenges, 'invalid_token', invalid.detail),
      )
    throw new Denial(401, 'missing_credentials', 'This operation needs credentials.', challengeLines(challenges))
  }
}

/** With optional credentials, good ones identify even where their scope would not do. */
const proven = (verdicts: readonly Verdict[]): Principal | undefined =>
  verdicts.find((verdict): verdict is Principal => !isRefusal(verdict))

/** All scopes of the first alternative whose credentials are good and whose scope alone is missing. */
function scopesNeeded(
  security: Security,
  schemes: readonly SecurityScheme[],
  verdicts: readonly Verdict[],
): string[] | undefined {
  const alternative = security.find(
    (candidate) =>
      candidate.length > 0 &&
      candidate.every(({ scheme }) => !isRefusal(verdicts[schemes.indexOf(scheme)] as Verdict)) &&
      candidate.some(({ scheme, scopes }) => !hasScopes(verdicts[schemes.indexOf(scheme)] as Principal, scopes)),
  )
  return alternative && [...new Set(alternative.flatMap(({ scopes }) => scopes))]
}

function everyAlternativeNeeds(security: Security, kind: SecurityScheme['kind']): boolean {
  return security.every((alternative) => alternative.some(({ scheme }) => scheme.kind === kind))
}

interface SchemeChallenge extends Challenge {
  /** Space separated, all that the alternatives ask of this scheme. */
  readonly scope: string
}

function challengesOf(security: Security, schemes: readonly SecurityScheme[], api: Api): SchemeChallenge[] {
  return schemes.flatMap((scheme) => {
    const found = compileChallenge(scheme, api)
    const uses = security.flatMap((alternative) => alternative.filter((use) => use.scheme === scheme))
    return found ? [{ ...found, scope: [...new Set(uses.flatMap(({ scopes }) => scopes))].join(' ') }] : []
  })
}

function insufficientScope(needed: readonly string[], challenges: readonly SchemeChallenge[]): Problem {
  const scope = needed.join(' ')
  const detail = `The access token lacks scope; this operation needs: ${scope}`
  const bearers = challenges.filter(({ bearer }) => bearer).map((one) => ({ ...one, scope }))
  return new Denial(
    403,
    'insufficient_scope',
    detail,
    challengeLines(bearers, 'insufficient_scope', 'The access token lacks scope.'),
  )
}

/** One challenge a line, because not every client splits a combined one; equal ones are said once. */
function challengeLines(challenges: readonly SchemeChallenge[], error?: string, description?: string): string[] {
  const lines = challenges.map(({ scheme, parameters, bearer, scope }) => {
    if (!bearer) return `${scheme} ${parameters}`
    const failure =
      error === undefined ? '' : `, error=${quoted(error)}, error_description=${quoted(description ?? '')}`
    return `${scheme} ${parameters}${failure}${scope === '' ? '' : `, scope=${quoted(scope)}`}`
  })
  return [...new Set(lines)]
}

function anonymousConsumer(name: string): Principal {
  const consumer = { id: name, username: name }
  return { anonymous: true, named: name, consumer, scope: new Set(), policies: [], metadata: {} }
}

import type { TokenSources } from '../../api/settings/token-source.ts'
import type { AccessTokens } from '../../oauth/tokens/access-tokens.ts'
import type { Principal } from '../../oauth/tokens/principal.ts'
import type { Call } from '../call.ts'
import { type Check, INVALID_TOKEN, type Verdict } from '../security/verdict.ts'
import type { CredentialPlaces } from '../strip-credential.ts'
import { headerSource, tokenLocator } from './locate-token.ts'

/** Checks an access token; `admits` says whether its holder may come in here. */
export function tokenCheck(
  sources: TokenSources,
  tokens: Pick<AccessTokens, 'peek' | 'find'>,
  admits: (principal: Principal, call: Call) => boolean,
): Check {
  const locate = tokenLocator(sources)
  const verdict = (call: Call, token: string, found: Principal | undefined): Verdict => {
    if (!found || !admits(found, call)) return INVALID_TOKEN
    if (call.upgrade) call.proofs.push(() => isStillGood(call, token))
    return found
  }
  const isStillGood = async (call: Call, token: string): Promise<boolean> => {
    const found = await tokens.find(token)
    return found !== undefined && admits(found, call)
  }
  return (call) => {
    const token = locate(call)
    if (typeof token !== 'string') return token
    const known = tokens.peek(token) // from memory: the hot path makes no promise
    return known ? verdict(call, token, known) : tokens.find(token).then((found) => verdict(call, token, found))
  }
}

/** Where an access token may stand. */
export function tokenPlaces(sources: TokenSources): CredentialPlaces {
  const header = headerSource(sources)
  const enabled = (source: TokenSources['query']): ReadonlySet<string> => new Set(source?.enabled ? [source.name] : [])
  return {
    headers: new Set(header ? [header.name.toLowerCase()] : []),
    queries: enabled(sources.query),
    cookies: enabled(sources.cookie),
  }
}

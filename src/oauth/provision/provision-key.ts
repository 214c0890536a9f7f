import type { Api, IssuerScheme } from '../../api/api.ts'
import { equalSecrets, sha256 } from '../../core/digest.ts'
import { Problem } from '../../core/problem.ts'
import { subjectOf } from '../authorize/resource-owner.ts'
import { OAuthError } from '../errors.ts'
import { tooManyFailures } from '../failure-limit.ts'
import type { OAuthServices } from '../services.ts'

/** A call that the API owner's own login page makes in the name of a user. */
export interface ProvisionedCall {
  readonly api: Api
  readonly key: string | undefined
  /** `authenticated_userid`. */
  readonly user: string | undefined
  readonly clientId: string
  readonly address: string
  /** What is done with it, for the audit line. */
  readonly action: 'provision.authorize' | 'provision.password' | 'provision.client_credentials'
}

/** What a good provision key gives: the user that was named, and the schemes whose key it is. */
export interface Provisioned {
  readonly subject: string
  readonly schemes: readonly IssuerScheme[]
}

type Services = Pick<OAuthServices, 'failures' | 'log'>

/**
 * Believes a caller that it is the API owner, and that it has authenticated the user. The right key is always heard; wrong
 * ones are slowed down for the whole API, whoever sends them. Every use is an audit line, as is every refusal.
 * Throws `invalid_provision_key`, `invalid_authenticated_userid`, and 429 for a guess that comes too early.
 */
export function provisioned(call: ProvisionedCall, schemes: readonly IssuerScheme[], services: Services): Provisioned {
  const { api, action, address, clientId, user } = call
  const line = { audit: true, action, api: api.id, client: clientId, address }
  const opened = schemes.filter((scheme) => placeOf(call.key, scheme) > 0)
  const [first] = opened
  if (!first) {
    services.log.warn({ ...line, refused: 'invalid_provision_key' }, 'a provision key was refused')
    throw refusedKey(api, services)
  }
  const subject = resourceOwner(user, clientId)
  services.log.info({ ...line, user: subject, key: placeOf(call.key, first) }, 'a provision key was used')
  return { subject, schemes: opened }
}

/** Which of the live keys it is, counted from 1; 0 when it is none. All of them are compared. */
function placeOf(key: string | undefined, { settings }: IssuerScheme): number {
  if (key === undefined) return 0
  const digest = sha256(key)
  const equal = (settings.provisionKey?.digests ?? []).map((live) => equalSecrets(live, digest))
  return equal.indexOf(true) + 1
}

function refusedKey(api: Api, { failures }: Services): OAuthError {
  const about = ['provision', api.id]
  const wait = failures.wait(...about)
  if (wait > 0) return tooManyFailures(wait)
  failures.failed(...about)
  return new OAuthError('invalid_provision_key', 'Invalid provision_key')
}

function resourceOwner(user: string | undefined, clientId: string): string {
  if (user === undefined || user.trim() === '') {
    throw new OAuthError('invalid_authenticated_userid', 'Missing authenticated_userid parameter')
  }
  try {
    return subjectOf(user, clientId)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    throw new OAuthError('invalid_authenticated_userid', 'The authenticated_userid is no name that a user can have.')
  }
}

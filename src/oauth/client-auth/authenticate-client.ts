import type { Api } from '../../api/api.ts'
import { callerNetwork } from '../../outbound/caller-network.ts'
import type { Client } from '../clients/client.ts'
import { OAuthError } from '../errors.ts'
import { tooManyFailures } from '../failure-limit.ts'
import type { OAuthRequest } from '../http.ts'
import type { OAuthServices } from '../services.ts'
import type { ClientAuthMethod, PresentedClient } from './client-auth-method.ts'
import { CLIENT_AUTH_METHODS } from './index.ts'

/**
 * The client that makes a request to the back channel of an API, proven by exactly one method (RFC 6749 §2.3).
 * Throws `invalid_request` for two methods or two ids, and one and the same `invalid_client` for everything else: who
 * asks does not learn whether a client exists. Throws `StoreUnavailable` and `PasswordsBusy`;
 * 429 for a guess after many wrong ones.
 */
export async function authenticateClient(request: OAuthRequest, api: Api, services: OAuthServices): Promise<Client> {
  const headers = challenge(request, api)
  const readings = readCredentials(request, headers)
  const client = await proven(readings, request.address, api, services)
  if (client?.apis.includes(api.id)) {
    request.identified?.(client.clientId)
    return client
  }
  await services.limits.fromAddress(request.address, api)
  throw new OAuthError('invalid_client', 'Client authentication failed.', { headers })
}

/** Credentials, and the method by which they came. */
type Presented = PresentedClient & Pick<ClientAuthMethod, 'method'>

/**
 * The client if its proof is good, in any reading of it. One that is right is always heard, as far as finding that out is
 * cheap: the delay after many failures is for those who guess, and guessing a secret that we made is hopeless. A request is
 * one guess, however it can be read.
 */
async function proven(
  readings: readonly Presented[],
  address: string,
  api: Api,
  services: OAuthServices,
): Promise<Client | undefined> {
  const { clients, failures, guesses } = services
  const network = callerNetwork(address)
  const waitOf = (clientId: string) => Math.max(failures.wait('client', network, clientId), guesses.wait(network))
  // What is cheap first: the reading that is wrong must not cost a slow hash where the other one is remembered.
  for (const slow of readings.length > 1 ? [false, true] : [true]) {
    for (const presented of readings) {
      const client = await clients.find(presented.clientId)
      const isProven = await presented.proves(client, services, slow && waitOf(presented.clientId) === 0, api)
      if (isProven && (client?.authMethod ?? presented.method) === presented.method) return client
    }
  }
  const clientIds = [...new Set(readings.map(({ clientId }) => clientId))]
  const wait = Math.max(0, ...clientIds.map(waitOf))
  if (wait > 0) throw tooManyFailures(wait)
  for (const clientId of clientIds) failures.failed('client', network, clientId)
  if (clientIds.length > 0) guesses.failed(network)
  return undefined
}

function readCredentials(request: OAuthRequest, headers: Readonly<Record<string, string>>): readonly Presented[] {
  try {
    const used = CLIENT_AUTH_METHODS.flatMap((method) => {
      const readings = method.read(request)
      return readings ? [readings.map((presented) => ({ ...presented, method: method.method }))] : []
    })
    const [readings = [], ...others] = used
    if (others.length > 0) throw new OAuthError('invalid_request', 'The client used two ways to authenticate.')
    const named = request.body?.get('client_id')
    if (named === undefined || readings.length === 0) return readings
    const same = readings.filter((presented) => presented.clientId === named)
    if (same.length === 0) throw new OAuthError('invalid_request', 'The client_id differs from the one in the header.')
    return same
  } catch (error) {
    if (!(error instanceof OAuthError) || error.code !== 'invalid_client') throw error
    throw new OAuthError('invalid_client', error.description, { headers })
  }
}

/** RFC 6749 §5.2: a client that tried the Authorization header is told which scheme it should use there. */
function challenge({ headers }: OAuthRequest, api: Api): Readonly<Record<string, string>> {
  if (headers['authorization'] === undefined) return {}
  const realm = api.name.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&')
  return { 'www-authenticate': `Basic realm="${realm}", charset="UTF-8"` }
}

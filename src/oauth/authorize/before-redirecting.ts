import type { Api } from '../../api/api.ts'
import type { Client } from '../clients/client.ts'
import type { ClientDirectory } from '../clients/client-directory.ts'
import { OAuthError } from '../errors.ts'
import type { Parameters } from '../http.ts'
import type { ProvenRedirect } from './authorization-request.ts'
import type { Offer } from './offers.ts'
import { sameRedirectUri } from './redirect-uri.ts'

/** What is checked before redirecting is safe: whoever fails here sees an error page (RFC 6749 §4.1.2.1, RFC 9700 §4.11). */
export async function checkBeforeRedirecting(
  parameters: Parameters,
  api: Api,
  offers: readonly Offer[],
  clients: ClientDirectory,
): Promise<ProvenRedirect> {
  nothingRepeated(parameters)
  authorizationOffered(offers)
  const client = await knownClient(parameters, api, clients)
  return registeredRedirectUri(parameters, client)
}

const MAX_PARAMETERS = 64
/** RFC 6749 §3.1: parameters MUST NOT be sent twice. Those that an error redirect is made of are looked at here. */
const SINGLE = ['client_id', 'redirect_uri', 'state', 'response_mode']

function nothingRepeated(parameters: Parameters): void {
  if (parameters.entries.length > MAX_PARAMETERS)
    throw new OAuthError('invalid_request', 'There are too many parameters.')
  const repeated = SINGLE.find((name) => parameters.repeated.has(name))
  if (repeated) throw new OAuthError('invalid_request', `The parameter ${repeated} was sent more than once.`)
}

function authorizationOffered(offers: readonly Offer[]): void {
  if (offers.length === 0) throw new OAuthError('invalid_request', 'This API offers no authorization here.')
}

async function knownClient(parameters: Parameters, api: Api, clients: ClientDirectory): Promise<Client> {
  const clientId = parameters.get('client_id')
  if (clientId === undefined) throw new OAuthError('invalid_request', 'The parameter client_id is missing.')
  const client = await clients.find(clientId)
  // One text for both: nobody learns which clients other APIs have.
  if (!client?.apis.includes(api.id)) throw new OAuthError('invalid_client', 'This application is not known here.')
  return client
}

function registeredRedirectUri(parameters: Parameters, client: Client): ProvenRedirect {
  const requested = parameters.get('redirect_uri')
  if (requested !== undefined) {
    if (client.redirectUris.some((registered) => sameRedirectUri(requested, registered))) {
      return { client, redirectUri: requested, redirectUriGiven: true }
    }
    throw new OAuthError('invalid_request', 'The redirect_uri is not one that the application has registered.')
  }
  const [only, ...others] = client.redirectUris
  if (only === undefined) throw new OAuthError('invalid_request', 'The application has registered no redirect_uri.')
  if (others.length > 0) {
    throw new OAuthError('invalid_request', 'The redirect_uri is missing, and the application has several.')
  }
  return { client, redirectUri: only, redirectUriGiven: false }
}

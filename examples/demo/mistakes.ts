import { askToken, type Client, callApi, newPkce, openAuthorization, redeem, signIn, textOf } from './client.ts'
import type { Stage } from './stage.ts'

/** Everything that can be wrong, and that it is refused in the standard's words. */
export async function wrongEverything(stage: Stage, client: Client): Promise<void> {
  stage.printer.chapter('Wrong tokens', 'Missing, invented, or with too little scope.')
  const missing = await callApi(stage, '/stepcounts')
  stage.expect(missing.status === 401 && missing.headers.has('www-authenticate'), 'none: 401 with a challenge')
  const garbage = await callApi(stage, '/stepcounts', 'garbage')
  stage.expect(garbage.status === 401, 'invented: 401')
  const tokens = await askToken(stage, client, { grant_type: 'client_credentials', scope: 'statistics' })
  const little = await callApi(stage, '/biometrics', textOf(tokens, 'access_token'))
  const challenge = little.headers.get('www-authenticate') ?? ''
  stage.expect(
    little.status === 403 && challenge.includes('insufficient_scope'),
    'too little scope: 403, and which is needed',
  )
  await wrongClients(stage, client)
  await wrongCodes(stage, client)
}

async function wrongClients(stage: Stage, client: Client): Promise<void> {
  stage.printer.chapter('Wrong clients', 'A wrong secret, a redirect URI that is not the client’s, an unknown scope.')
  const form = { grant_type: 'client_credentials' }
  const secret = await askToken(stage, { id: client.id, secret: 'wrong' }, form)
  stage.expect(secret.status === 401 && secret.json['error'] === 'invalid_client', 'wrong secret: invalid_client')
  const evil = await openAuthorization(stage, client, newPkce(), { redirect_uri: 'https://evil.example/' })
  stage.expect(
    evil.status === 400 && evil.location === undefined,
    'wrong redirect URI: an error page, never a redirect',
  )
  const scope = await openAuthorization(stage, client, newPkce(), { scope: 'everything' })
  stage.expect((scope.location ?? '').includes('error=invalid_scope'), 'unknown scope: the client is told')
  const unknown = await askToken(stage, client, { grant_type: 'make_me_admin' })
  stage.expect(unknown.json['error'] === 'unsupported_grant_type', 'unknown grant: unsupported_grant_type')
}

async function wrongCodes(stage: Stage, client: Client): Promise<void> {
  stage.printer.chapter('Wrong codes', 'A stolen code fails without the verifier; a code used twice ends what it gave.')
  const pkce = newPkce()
  const stolen = await signIn(stage, await openAuthorization(stage, client, pkce))
  const thief = await redeem(stage, client, stolen, newPkce())
  stage.expect(thief.json['error'] === 'invalid_grant', 'a verifier that does not match: invalid_grant')
  const back = await signIn(stage, await openAuthorization(stage, client, pkce))
  const tokens = await redeem(stage, client, back, pkce)
  const twice = await redeem(stage, client, back, pkce)
  stage.expect(tokens.status === 200 && twice.json['error'] === 'invalid_grant', 'a code works once')
  const dead = await callApi(stage, '/stepcounts', textOf(tokens, 'access_token'))
  stage.expect(dead.status === 401, 'and its replay ends the tokens that it gave')
}

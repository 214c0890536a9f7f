import test from 'ava'
import { issue } from '../../../src/oauth/issue/issue.ts'
import { grantKey } from '../../../src/oauth/records/grant.ts'
import { newGrantId } from '../../../src/oauth/tokens/token-format.ts'
import { backChannel } from '../../_kit/back-channel.ts'
import { issuerScheme } from '../../_kit/issuer-api.ts'

test('RFC 6749 §4.2.2: the implicit grant has no refresh token, not even in its record', async (t) => {
  const channel = await backChannel(t)
  const { services, api, store } = channel
  const client = await channel.addClient({})
  const scheme = issuerScheme({ settings: { refreshToken: true } })
  const grantId = newGrantId(services.random)
  const family = { kind: 'new', grantId } as const
  const rest = { subject: 'ann', scope: ['read'], grantType: 'implicit', metadata: {}, family }
  const outcome = await issue({ api, scheme, client, ...rest }, services)
  t.true(outcome.ok)
  t.false(outcome.ok && 'refresh_token' in outcome.answer)
  const [entry] = await store.get([grantKey(grantId)])
  t.is(entry?.value.refresh, undefined)
})

test('a grant that exists is not issued again', async (t) => {
  const channel = await backChannel(t)
  const { services, api } = channel
  const client = await channel.addClient({})
  const family = { kind: 'new', grantId: newGrantId(services.random) } as const
  const rest = { subject: 'ann', scope: [], grantType: 'password', metadata: {}, family }
  const authorization = { api, scheme: issuerScheme(), client, ...rest }
  t.true((await issue(authorization, services)).ok)
  t.false((await issue(authorization, services)).ok)
})

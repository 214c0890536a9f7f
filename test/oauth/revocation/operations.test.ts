import test from 'ava'
import { accessTokenKey } from '../../../src/oauth/records/access-token.ts'
import { clientKey } from '../../../src/oauth/records/client.ts'
import { liveGrants, liveTokens } from '../../../src/oauth/revocation/live-tokens.ts'
import { revokeClientTokens } from '../../../src/oauth/revocation/revoke-client-tokens.ts'
import { revokeGrant } from '../../../src/oauth/revocation/revoke-grant.ts'
import { revokeSubject } from '../../../src/oauth/revocation/revoke-subject.ts'
import { readToken } from '../../../src/oauth/tokens/token-format.ts'
import { type BackChannel, backChannel, tokensOf } from '../../_kit/back-channel.ts'

const CC = { grant_type: 'client_credentials' }
const issued = async (channel: BackChannel) => tokensOf(await channel.token(CC)).access

async function clientOf(channel: BackChannel) {
  const [entry] = await channel.store.get([clientKey('app')])
  if (!entry) throw new Error('the client is gone')
  return entry.value
}

test('everything that a client holds is ended by one write where nobody listens, and what comes after lives', async (t) => {
  const channel = await backChannel(t)
  const { access, refresh } = await channel.redeemed()
  const own = await issued(channel)
  t.true(await channel.alive(access))
  let commits = 0
  const store = {
    ...channel.store,
    commit: (commit: Parameters<typeof channel.store.commit>[0]) => {
      commits += 1
      return channel.store.commit(commit)
    },
  }
  const announcer = { ...channel.services.announcer, listens: () => false }
  t.true(await revokeClientTokens('app', { ...channel.services, store, announcer }))
  t.is(commits, 1)
  t.false(await channel.alive(access))
  t.false(await channel.alive(own))
  t.is((await channel.refresh(refresh)).json['error'], 'invalid_grant')
  await channel.clock.advance(1)
  t.true(await channel.alive(await issued(channel)))
  t.false(await revokeClientTokens('nobody', channel.services))
})

test('the live tokens of a client are listed newest first, in pages', async (t) => {
  const channel = await backChannel(t, { settings: { accessTokenLifetime: '1m' } })
  await issued(channel)
  await channel.clock.advance(60_000)
  for (let count = 0; count < 5; count++) {
    await issued(channel)
    await channel.clock.advance(1)
  }
  const client = await clientOf(channel)
  const first = await liveTokens(client, { limit: 3 }, channel.services)
  t.is(first.items.length, 3)
  const rest = await liveTokens(client, { limit: 3, after: first.next ?? '' }, channel.services)
  t.is(rest.items.length, 2)
  const times = [...first.items, ...rest.items].map((record) => record.issuedAt)
  t.deepEqual(
    times,
    times.toSorted((a, b) => b - a),
  )
  await revokeClientTokens('app', channel.services)
  t.deepEqual((await liveTokens(await clientOf(channel), { limit: 10 }, channel.services)).items, [])
})

test('an index entry whose record is gone is dropped by whoever comes across it', async (t) => {
  const channel = await backChannel(t)
  const token = await issued(channel)
  const client = await clientOf(channel)
  const [record] = (await liveTokens(client, { limit: 10 }, channel.services)).items
  const grantId = readToken('access', token) ?? ''
  const { grantPartition } = await import('../../../src/oauth/records/grant.ts')
  const key = accessTokenKey(grantPartition(grantId), record?.digest ?? '')
  await channel.store.commit({ partition: key.partition, writes: [{ op: 'remove', key }] })
  t.deepEqual((await liveTokens(client, { limit: 10 }, channel.services)).items, [])
  t.deepEqual((await channel.store.list('tokens:client:app', { limit: 10 })).members, [])
})

test('live grants are listed, without those that were revoked', async (t) => {
  const channel = await backChannel(t)
  const first = await channel.redeemed()
  const second = await channel.redeemed({ subject: 'bob' })
  const client = await clientOf(channel)
  t.deepEqual(
    (await liveGrants(client, { limit: 10 }, channel.services)).items.map((grant) => grant.subject).toSorted(),
    ['ann', 'bob'],
  )
  const grantId = readToken('access', first.access) ?? ''
  t.true(await revokeGrant(grantId, 'admin', channel.services))
  t.false(await revokeGrant(grantId, 'admin', channel.services))
  t.false(await revokeGrant('nothing', 'admin', channel.services))
  const left = await liveGrants(client, { limit: 10 }, channel.services)
  t.deepEqual(
    left.items.map((grant) => grant.subject),
    ['bob'],
  )
  t.false(await channel.alive(first.access))
  t.true(await channel.alive(second.access))
})

test('all grants of a subject at an API end together', async (t) => {
  const channel = await backChannel(t)
  const tokens = [await channel.redeemed(), await channel.redeemed(), await channel.redeemed()]
  const bob = await channel.redeemed({ subject: 'bob' })
  t.is(await revokeSubject('pets', 'ann', 'user', channel.services), 3)
  for (const { access } of tokens) t.false(await channel.alive(access))
  t.true(await channel.alive(bob.access))
  t.is(await revokeSubject('birds', 'bob', 'user', channel.services), 0)
})

test('receivers are told of each grant and each token that ends with all others of its client', async (t) => {
  const channel = await backChannel(t)
  for (let turn = 0; turn < 130; turn++) await channel.redeemed()
  await issued(channel)
  await channel.addClient({ clientId: 'other' })
  await channel.redeemed({ clientId: 'app' })
  t.true(await revokeClientTokens('app', channel.services))
  const told = await channel.events()
  const grants = told.filter((event) => event.type === 'oauth.grant.revoked')
  t.is(new Set(grants.map(({ grantId }) => grantId)).size, 131)
  t.true(grants.every(({ reason, clientId }) => reason === 'admin' && clientId === 'app'))
  const tokens = told.flatMap((event) => (event.type === 'oauth.token.revoked' ? [event] : []))
  t.is(new Set(tokens.map(({ tokenId }) => tokenId)).size, 132)
  t.is(tokens.filter(({ grantType }) => grantType === 'client_credentials').length, 1)
  const before = told.length
  t.true(await revokeClientTokens('app', channel.services))
  t.is((await channel.events()).length, before, 'nobody is told twice')
})

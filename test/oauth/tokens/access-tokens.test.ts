import test from 'ava'
import { sha256 } from '../../../src/core/digest.ts'
import { clientKey } from '../../../src/oauth/records/client.ts'
import { grantKey } from '../../../src/oauth/records/grant.ts'
import { type PolicyRecord, policyKey } from '../../../src/oauth/records/policy.ts'
import { createAccessTokens } from '../../../src/oauth/tokens/create-access-tokens.ts'
import { MARK } from '../../../src/oauth/tokens/marks.ts'
import { mintToken, newGrantId, readToken } from '../../../src/oauth/tokens/token-format.ts'
import { type Store, StoreUnavailable } from '../../../src/store/store.ts'
import { APP, type BackChannel, backChannel, tokensOf } from '../../_kit/back-channel.ts'

const CC = { grant_type: 'client_credentials' }

/** A channel whose store counts its reads, may be down, and may have gone silent. */
async function observed(t: Parameters<typeof backChannel>[0], options: Parameters<typeof backChannel>[1] = {}) {
  const seen = { reads: 0, down: false, silentSince: undefined as number | undefined }
  const wrap = (store: Store): Store => ({
    ...store,
    get(keys) {
      if (seen.down) throw new StoreUnavailable('down')
      seen.reads += 1
      return store.get(keys)
    },
    watch(listener) {
      const watch = store.watch(listener)
      return { ...watch, freshAt: () => seen.silentSince ?? watch.freshAt() }
    },
  })
  const channel = await backChannel(t, { ...options, wrap })
  return { channel, seen, tokens: channel.services.accessTokens }
}

const issued = async (channel: BackChannel): Promise<string> => tokensOf(await channel.token(CC)).access

test('a token says everything that is known of it', async (t) => {
  const client = { policies: ['gold'], metadata: { plan: 'gold', team: 'a' } }
  const { channel, tokens } = await observed(t, { client })
  const gold: PolicyRecord = {
    id: 'gold',
    active: true,
    metadata: {},
    source: 'api',
    createdAt: 0,
    updatedAt: 0,
  }
  const key = policyKey('gold')
  await channel.store.commit({ partition: key.partition, writes: [{ op: 'put', key, value: gold }] })
  const { access } = await channel.redeemed({ metadata: { team: 'b' } })
  const now = channel.clock.now()
  const principal = await tokens.find(access)
  t.like(principal, {
    clientId: 'app',
    subject: 'ann',
    api: 'pets',
    scheme: 'oauth',
    apis: ['pets'],
    policies: ['gold'],
    metadata: { plan: 'gold', team: 'b' },
    issuedAt: now,
    expiresAt: now + 3_600_000,
  })
  t.is(principal?.grantId, readToken('access', access))
  t.false(JSON.stringify(principal).includes(access.slice(10, 30)))
})

test('a token of client credentials has no subject and no grant', async (t) => {
  const { channel, tokens } = await observed(t)
  const principal = await tokens.find(await issued(channel))
  t.is(principal?.subject, undefined)
  t.is(principal?.grantId, undefined)
})

test('garbage is refused without asking the store', async (t) => {
  const { channel, seen, tokens } = await observed(t)
  const { refresh } = await channel.redeemed()
  seen.reads = 0
  for (const token of ['', 'x', 'gat_', refresh, `${'gat_'.padEnd(74, 'A')}`, 'ä'.repeat(74)]) {
    t.is(tokens.peek(token), undefined)
    t.is(await tokens.find(token), undefined)
  }
  t.is(seen.reads, 0)
})

test('a token that was found is known from memory, one that was not is not', async (t) => {
  const { channel, seen, tokens } = await observed(t)
  const token = await issued(channel)
  t.is(tokens.peek(token), undefined)
  const found = await tokens.find(token)
  seen.reads = 0
  t.is(tokens.peek(token), found)
  t.is(await tokens.find(token), found)
  t.is(seen.reads, 0)
})

test('many requests with one unknown token cause one look-up', async (t) => {
  const { channel, seen, tokens } = await observed(t)
  const token = await issued(channel)
  seen.reads = 0
  await Promise.all(Array.from({ length: 50 }, () => tokens.find(token)))
  t.is(seen.reads, 1)
})

test('a token that never was is asked for at most once a second', async (t) => {
  const { channel, seen, tokens } = await observed(t)
  const { random } = channel.services
  const never = mintToken('access', newGrantId(random), random)
  await tokens.find(never)
  await tokens.find(never)
  t.is(seen.reads, 1)
  await channel.clock.advance(1000)
  await tokens.find(never)
  t.is(seen.reads, 2)
})

test('a token ends at its instant, in memory as well', async (t) => {
  const { channel, tokens } = await observed(t, { settings: { accessTokenLifetime: '5s' } })
  const token = await issued(channel)
  await channel.clock.advance(4999)
  t.truthy(await tokens.find(token))
  t.truthy(tokens.peek(token))
  await channel.clock.advance(1)
  t.is(tokens.peek(token), undefined)
  t.is(await tokens.find(token), undefined)
})

for (const [topic, id] of [
  [MARK.token, 'digest'],
  [MARK.grant, 'grant'],
  [MARK.client, 'app'],
  [MARK.subject, 'pets:ann'],
] as const) {
  test(`a mark on the ${topic} makes memory forget it`, async (t) => {
    const { channel, tokens } = await observed(t)
    const { access } = await channel.redeemed()
    await tokens.find(access)
    const ids: Record<string, string> = { digest: sha256(access), grant: readToken('access', access) ?? '' }
    const mark = (name: string) =>
      channel.store.commit({ partition: 0, marks: [{ topic, id: name, at: channel.clock.now() }] })
    await mark('somebody-else')
    t.truthy(tokens.peek(access))
    await mark(ids[id] ?? id)
    t.is(tokens.peek(access), undefined)
    t.truthy(await tokens.find(access), 'the store still says that it is good')
    t.truthy(tokens.peek(access))
  })
}

test('a mark that arrives while a token is looked up is not overlooked', async (t) => {
  const channel = await backChannel(t)
  const { access } = await channel.redeemed()
  const grantId = readToken('access', access) ?? ''
  let reading = (): void => {}
  const paused: Store = {
    ...channel.store,
    async get(keys) {
      const entries = await channel.store.get(keys)
      await new Promise<void>((resolve) => {
        reading = resolve
      })
      return entries
    },
  }
  const { clients } = channel.services
  const tokens = createAccessTokens({
    store: paused,
    clock: channel.clock,
    clients,
    signing: channel.services.signing,
    cacheSize: 10,
  })
  t.teardown(() => tokens.close())
  const finding = tokens.find(access)
  await new Promise(setImmediate)
  await channel.store.commit({ partition: 0, marks: [{ topic: MARK.grant, id: grantId, at: channel.clock.now() }] })
  reading()
  await finding
  t.is(tokens.peek(access), undefined)
})

test('memory is not trusted when the marks have been silent for more than two seconds', async (t) => {
  const { channel, seen, tokens } = await observed(t)
  const token = await issued(channel)
  await tokens.find(token)
  seen.silentSince = channel.clock.now()
  await channel.clock.advance(2000)
  t.truthy(tokens.peek(token))
  await channel.clock.advance(1)
  t.is(tokens.peek(token), undefined)
  seen.reads = 0
  t.truthy(await tokens.find(token))
  t.true(seen.reads > 0)
  seen.silentSince = undefined
  t.truthy(tokens.peek(token))
})

test('memory holds for ten seconds at most', async (t) => {
  const { channel, tokens } = await observed(t)
  const token = await issued(channel)
  await tokens.find(token)
  await channel.clock.advance(9999)
  t.truthy(tokens.peek(token))
  await channel.clock.advance(1)
  t.is(tokens.peek(token), undefined)
})

test('memory is bounded', async (t) => {
  const { channel } = await observed(t)
  const { store, clock, services } = channel
  const small = createAccessTokens({ store, clock, clients: services.clients, signing: services.signing, cacheSize: 4 })
  t.teardown(() => small.close())
  const tokens = await Promise.all(Array.from({ length: 20 }, () => issued(channel)))
  for (const token of tokens) await small.find(token)
  t.true(tokens.filter((token) => small.peek(token)).length <= 4)
})

test('a store that does not answer is not "invalid", and is asked again', async (t) => {
  const { channel, seen, tokens } = await observed(t)
  const token = await issued(channel)
  seen.down = true
  await t.throwsAsync(tokens.find(token), { instanceOf: StoreUnavailable })
  seen.down = false
  t.truthy(await tokens.find(token))
})

test('tokens issued up to notBefore are dead, later ones live', async (t) => {
  const { channel, tokens } = await observed(t)
  const before = await issued(channel)
  const { access } = await channel.redeemed()
  await channel.clock.advance(1)
  await channel.addClient({ notBefore: channel.clock.now() - 1 })
  t.is(await tokens.find(before), undefined)
  t.is(await tokens.find(access), undefined)
  t.truthy(await tokens.find(await issued(channel)))
})

test('an access token that was refreshed from an ended grant is dead, whenever it was issued', async (t) => {
  const { channel, tokens } = await observed(t)
  const { refresh } = await channel.redeemed()
  await channel.clock.advance(1000)
  const second = tokensOf(await channel.refresh(refresh))
  await channel.addClient({ notBefore: channel.clock.now() - 500 })
  t.is(await tokens.find(second.access), undefined)
})

test('tokens of a removed client, of one that lost the API, and of an earlier client of that id are dead', async (t) => {
  const { channel, tokens } = await observed(t)
  const token = await issued(channel)
  const key = clientKey('app')
  await channel.addClient({ apis: ['birds'] })
  t.is(await tokens.find(token), undefined)
  await channel.store.commit({
    partition: key.partition,
    writes: [{ op: 'remove', key }],
    marks: [{ topic: MARK.client, id: 'app', at: channel.clock.now() }],
  })
  t.is(await tokens.find(token), undefined)
  await channel.clock.advance(1)
  await channel.addClient({ createdAt: channel.clock.now() })
  await channel.clock.advance(2000)
  t.is(await tokens.find(token), undefined)
  t.is((await channel.token(CC, APP)).status, 200)
})

test('a token whose grant was revoked is dead even if its own record is still there', async (t) => {
  const { channel, tokens } = await observed(t)
  const { access } = await channel.redeemed()
  const key = grantKey(readToken('access', access) ?? '')
  const [entry] = await channel.store.get([key])
  const value = { ...entry?.value, revoked: { at: channel.clock.now(), reason: 'admin' } }
  await channel.store.commit({ partition: key.partition, writes: [{ op: 'put', key, value }] })
  t.is(await tokens.find(access), undefined)
})

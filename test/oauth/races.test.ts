import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { silentLog } from '../../src/core/log.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { openRedisStore } from '../../src/store/redis.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import type { Store } from '../../src/store/store.ts'
import { type Answer, backChannel, redemption, tokensOf } from '../_kit/back-channel.ts'
import type { HandClock } from '../_kit/clock.ts'
import { type RedisServer, startRedis } from '../_kit/redis.ts'

const PARALLEL = 50

let server: RedisServer | undefined
let database = 0
test.before(async () => {
  server = await startRedis()
})
test.after.always(() => server?.stop())

const STORES: Readonly<Record<string, (t: ExecutionContext) => (clock: HandClock) => Store | Promise<Store>>> = {
  memory: () => (clock) => openMemoryStore({ clock }),
  sqlite: (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-race-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    return (clock) => openSqliteStore({ path: join(folder, 'db'), clock, log: silentLog })
  },
  redis: () => (clock) => {
    const url = String(server?.url.replace('/0?', `/${database++}?`))
    return openRedisStore({ url, clock, log: silentLog })
  },
}

const many = (call: () => Promise<Answer>): Promise<readonly Answer[]> =>
  Promise.all(Array.from({ length: PARALLEL }, call))

const successes = (answers: readonly Answer[]): readonly Answer[] => answers.filter(({ status }) => status === 200)

for (const [name, storeFor] of Object.entries(STORES)) {
  test(`${name}: of 50 redemptions of one code one succeeds, and what it issued is dead`, async (t) => {
    const channel = await backChannel(t, { openStore: storeFor(t) })
    const code = await channel.code()
    const answers = await many(() => channel.token(redemption(code)))
    const [winner, ...others] = successes(answers)
    t.truthy(winner)
    t.deepEqual(others, [])
    t.true(answers.every(({ status, json }) => status === 200 || json['error'] === 'invalid_grant'))
    t.false(await channel.alive(tokensOf(winner as Answer).access))
    const events = await channel.events()
    t.is(events.filter(({ type }) => type === 'oauth.token.issued').length, 1)
    t.is(events.filter(({ type }) => type === 'oauth.token.revoked').length, 1)
  })

  test(`${name}: of 50 redemptions with a wrong verifier none succeeds, and the code is burnt`, async (t) => {
    const channel = await backChannel(t, { openStore: storeFor(t) })
    const code = await channel.code()
    const answers = await many(() => channel.token({ ...redemption(code), code_verifier: 'x'.repeat(50) }))
    t.deepEqual(successes(answers), [])
    t.is((await channel.token(redemption(code))).json['error'], 'invalid_grant')
  })

  test(`${name}: 50 rotations of one refresh token within the grace window get one and the same answer`, async (t) => {
    const channel = await backChannel(t, { openStore: storeFor(t) })
    const { refresh } = await channel.redeemed()
    const answers = await many(() => channel.refresh(refresh))
    t.is(successes(answers).length, PARALLEL)
    t.is(new Set(answers.map(({ json }) => JSON.stringify(json))).size, 1)
    t.true(await channel.alive(tokensOf(answers[0] as Answer).access))
    t.is((await channel.events()).filter(({ type }) => type === 'oauth.token.refreshed').length, 1)
  })

  test(`${name}: without a grace window one of 50 rotations succeeds, and the family dies of the others`, async (t) => {
    const channel = await backChannel(t, { openStore: storeFor(t), settings: { refreshTokenGrace: 0 } })
    const { refresh } = await channel.redeemed()
    const answers = await many(() => channel.refresh(refresh))
    const [winner, ...others] = successes(answers)
    t.deepEqual(others, [])
    t.false(await channel.alive(tokensOf(winner as Answer).access))
    t.is((await channel.events()).filter(({ type }) => type === 'oauth.grant.revoked').length, 1)
  })

  test(`${name}: 50 uses of a refresh token that does not rotate all succeed, and one access token lives`, async (t) => {
    const settings = { refreshTokenRotation: 'never' }
    const channel = await backChannel(t, { openStore: storeFor(t), settings })
    const { refresh } = await channel.redeemed()
    const answers = await many(() => channel.refresh(refresh))
    t.is(successes(answers).length, PARALLEL)
    const alive = await Promise.all(answers.map((answer) => channel.alive(tokensOf(answer).access)))
    t.is(alive.filter(Boolean).length, 1)
  })

  test(`${name}: 50 revocations of one refresh token all say 200, the family ends once, and its tokens are dead`, async (t) => {
    const channel = await backChannel(t, { openStore: storeFor(t) })
    const { access, refresh } = await channel.redeemed()
    const answers = await many(() => channel.post('/oauth/revoke', { token: refresh }))
    t.is(successes(answers).length, PARALLEL)
    t.false(await channel.alive(access))
    t.is((await channel.events()).filter(({ type }) => type === 'oauth.grant.revoked').length, 1)
  })

  test(`${name}: a family that is revoked amid 50 rotations stays revoked`, async (t) => {
    const channel = await backChannel(t, { openStore: storeFor(t), settings: { refreshTokenRotation: 'never' } })
    const { refresh } = await channel.redeemed()
    const [revoked, ...answers] = await Promise.all([
      channel.post('/oauth/revoke', { token: refresh }),
      ...Array.from({ length: PARALLEL }, () => channel.refresh(refresh)),
    ])
    t.is(revoked?.status, 200)
    t.true(
      answers.every(({ status }) => status === 200 || status === 400),
      JSON.stringify(answers.map((a) => a.status)),
    )
    for (const answer of successes(answers)) t.false(await channel.alive(tokensOf(answer).access))
    t.is((await channel.refresh(refresh)).json['error'], 'invalid_grant')
  })
}

test('a code that is burnt between its reading and its redemption is not redeemed', async (t) => {
  let burn: (() => Promise<unknown>) | undefined
  const channel = await backChannel(t, {
    wrap: (store) => ({
      ...store,
      async commit(commit) {
        const first = burn
        burn = undefined
        await first?.()
        return store.commit(commit)
      },
    }),
  })
  const code = await channel.code()
  burn = () => channel.token({ ...redemption(code), code_verifier: 'x'.repeat(50) })
  t.is((await channel.token(redemption(code))).json['error'], 'invalid_grant')
})

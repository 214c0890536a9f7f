import test from 'ava'
import { createAccessTokens } from '../../../src/oauth/tokens/create-access-tokens.ts'
import type { Store } from '../../../src/store/store.ts'
import { backChannel } from '../../_kit/back-channel.ts'
import { until } from '../../_kit/until.ts'

test('who asks after a mark was heard does not join a look-up that began before it', async (t) => {
  const channel = await backChannel(t)
  const { access } = await channel.redeemed()
  const release: (() => void)[] = []
  const slow: Store = {
    ...channel.store,
    async get(keys) {
      const entries = await channel.store.get(keys)
      await new Promise<void>((resolve) => release.push(resolve))
      return entries
    },
  }
  const { clients, signing } = channel.services
  const tokens = createAccessTokens({ store: slow, clock: channel.clock, clients, signing, cacheSize: 10 })
  t.teardown(() => tokens.close())
  const early = [tokens.find(access), tokens.find(access)]
  await until(() => release.length === 1)
  await channel.post('/oauth/revoke', { token: access })
  const late = tokens.find(access)
  await until(() => release.length === 2)
  for (const resolve of release) resolve()
  t.deepEqual(
    (await Promise.all(early)).map((principal) => principal?.clientId),
    ['app', 'app'],
  )
  t.is(await late, undefined)
})

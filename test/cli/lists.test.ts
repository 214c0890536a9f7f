import test from 'ava'
import { sha256 } from '../../src/core/digest.ts'
import { accessTokenKey, tokensOfClient } from '../../src/oauth/records/access-token.ts'
import { clientsIndex } from '../../src/oauth/records/client.ts'
import { ADMIN_SECRET, type AdminApi, adminApi } from '../_kit/admin-api.ts'
import { command } from '../_kit/command.ts'

/** More than the admin API gives in one page. */
const MANY = 1001

const to = ({ url }: AdminApi) => ({ environment: { GATEHOUSE_ADMIN: url, GATEHOUSE_ADMIN_SECRET: ADMIN_SECRET } })
const names = (length: number) => Array.from({ length }, (_, at) => `n${String(at).padStart(4, '0')}`)

/** Gives the client `app` so many tokens that live. */
async function withTokens({ store, clock, api }: AdminApi, amount: number): Promise<void> {
  const now = clock.now()
  for (const digest of names(amount).map(sha256)) {
    const common = { api: api.id, scheme: 'oauth', clientId: 'app', scope: [], grantType: 'client_credentials' }
    const value = { ...common, digest, metadata: {}, issuedAt: now, expiresAt: now + 3_600_000 }
    const entry = { op: 'index', index: tokensOfClient('app'), member: `0.${digest}`, sort: now } as const
    await store.commit({ partition: 0, writes: [{ op: 'put', key: accessTokenKey(0, digest), value }, entry] })
  }
}

test('all clients of an API are listed, however many there are', async (t) => {
  const admin = await adminApi(t)
  const index = clientsIndex(admin.api.id)
  for (const member of names(MANY)) {
    await admin.addClient({ clientId: member })
    await admin.store.commit({ partition: 0, writes: [{ op: 'index', index, member, sort: 0 }] })
  }
  const { code, stdout, stderr } = await command(['client', 'list', admin.api.id, '--json'], to(admin))
  t.is(code, 0, stderr)
  const ids = (JSON.parse(stdout) as { client_id: string }[]).map(({ client_id }) => client_id)
  t.deepEqual(ids.sort(), names(MANY))
})

test('all live tokens of a client are listed, however many there are', async (t) => {
  const admin = await adminApi(t)
  await withTokens(admin, MANY)
  const { code, stdout, stderr } = await command(['token', 'list', admin.api.id, 'app', '--json'], to(admin))
  t.is(code, 0, stderr)
  t.is(new Set((JSON.parse(stdout) as { token_id: string }[]).map(({ token_id }) => token_id)).size, MANY)
})

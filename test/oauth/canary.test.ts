import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { silentLog } from '../../src/core/log.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { backChannel, basicHeader, redemption, SECRET, tokensOf, VERIFIER } from '../_kit/back-channel.ts'

test('no token, code, secret or password reaches the log or the database file', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-canary-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const lines: string[] = []
  const note = (fields: unknown, message: string): void => void lines.push(JSON.stringify([fields, message]))
  const channel = await backChannel(t, {
    openStore: (clock) => openSqliteStore({ path: join(folder, 'db'), clock, log: silentLog }),
    services: {
      log: { debug: note, info: note, warn: note, error: note },
      announcer: { announce: () => ({ enqueue: [], writes: [] }), listens: () => true, wake() {} },
    },
  })
  const digest = await channel.services.passwords.hash('chosen-secret')
  await channel.addClient({ clientId: 'legacy', secrets: [{ digest, createdAt: 0 }] })
  const code = await channel.code()
  const first = tokensOf(await channel.token(redemption(code)))
  const second = tokensOf(await channel.refresh(first.refresh))
  await channel.post('/oauth/introspect', { token: second.access })
  await channel.token({ grant_type: 'client_credentials' }, 'legacy:chosen-secret')
  await channel.token({ grant_type: 'password', username: 'ann', password: 'ann-password' })
  await channel.token(redemption(code))
  const unlucky = tokensOf(await channel.token(redemption(await channel.code())))
  const third = tokensOf(await channel.refresh(unlucky.refresh))
  await channel.clock.advance(60_000)
  await channel.refresh(unlucky.refresh)
  await channel.post('/oauth/revoke', { token: third.refresh })
  t.true(lines.length > 0)
  const canaries = [code, SECRET, VERIFIER, 'chosen-secret', 'ann-password', basicHeader(`app:${SECRET}`)]
  for (const { access, refresh } of [first, second, unlucky, third]) canaries.push(access, refresh)
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
  t.true(files.length > 0)
  for (const text of [...lines, ...files])
    for (const canary of canaries) t.false(text.includes(canary), canary.slice(0, 8))
})

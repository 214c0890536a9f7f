import test from 'ava'
import { pooledRandom } from '../../../src/core/random.ts'
import { openVault } from '../../../src/core/vault.ts'
import { grantPartition } from '../../../src/oauth/records/grant.ts'
import {
  mintRefreshToken,
  mintToken,
  newGrantId,
  readRefreshToken,
  readToken,
  tokenKind,
} from '../../../src/oauth/tokens/token-format.ts'

const random = pooledRandom()
const vault = openVault(Buffer.alloc(32, 7), random)

test('a token names its grant, and with it its partition', (t) => {
  for (let round = 0; round < 100; round++) {
    const grantId = newGrantId(random)
    for (const kind of ['access', 'code', 'login'] as const) {
      const token = mintToken(kind, grantId, random)
      t.is(readToken(kind, token), grantId)
      t.is(tokenKind(token), kind)
      t.is(grantPartition(token.slice(4)), grantPartition(grantId))
    }
  }
})

test('tokens consist of characters that no encoding changes', (t) => {
  const grantId = newGrantId(random)
  for (const token of [mintToken('access', grantId, random), mintRefreshToken(grantId, 3, random, vault)]) {
    t.regex(token, /^[A-Za-z0-9_-]+$/)
    t.is(encodeURIComponent(token), token)
  }
})

test('any altered character is noticed before the store is asked', (t) => {
  const token = mintToken('access', newGrantId(random), random)
  for (let index = 0; index < token.length; index++) {
    const altered = `${token.slice(0, index)}${token[index] === 'A' ? 'B' : 'A'}${token.slice(index + 1)}`
    t.is(readToken('access', altered), undefined, altered)
  }
  for (const garbage of ['', 'gat_', `${token}x`, token.slice(1), ` ${token}`, 'ä'.repeat(token.length)]) {
    t.is(readToken('access', garbage), undefined)
  }
})

test('a token of one kind is never another kind', (t) => {
  const access = mintToken('access', newGrantId(random), random)
  t.is(readToken('code', access), undefined)
  t.is(readToken('code', access.replace('gat_', 'gac_')), undefined)
})

test('a refresh token is genuine only with the MAC of this gateway', (t) => {
  const grantId = newGrantId(random)
  const token = mintRefreshToken(grantId, 4_000_000_000, random, vault)
  t.deepEqual(readRefreshToken(token, vault), { grantId, generation: 4_000_000_000 })
  t.is(readRefreshToken(token, openVault(Buffer.alloc(32, 8), random)), undefined)
})

import test from 'ava'
import { pooledRandom } from '../../../src/core/random.ts'
import { createPasswords, PasswordsBusy } from '../../../src/oauth/passwords/passwords.ts'
import { DEFAULT_COST, matchesScryptDigest, scryptDigest } from '../../../src/oauth/passwords/scrypt-digest.ts'
import { createVerifiedPasswords } from '../../../src/oauth/passwords/verified-passwords.ts'
import { handClock } from '../../_kit/clock.ts'
import { cpuTimeOf } from '../../_kit/cpu-time.ts'

const random = pooledRandom()
const CHEAP = { logN: 4, r: 8, p: 1 }

test('a password is known by its digest, which says how it was made and nothing else', async (t) => {
  const passwords = createPasswords({ random, cost: CHEAP })
  const digest = await passwords.hash('correct horse')
  t.regex(digest, /^scrypt:4,8,1:[\w-]{22}:[\w-]{43}$/)
  t.true(await passwords.verify('correct horse', digest))
  t.false(await passwords.verify('correct horsE', digest))
  t.not(await passwords.hash('correct horse'), digest)
})

test('RFC 7914 §12: the digest of the second test vector is accepted', async (t) => {
  // password, NaCl, N=1024, r=8, p=16, its first 32 bytes
  const key = 'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162'
  const [salt, derived] = [Buffer.from('NaCl'), Buffer.from(key, 'hex')]
  const made = await scryptDigest('password', salt, { logN: 10, r: 8, p: 16 })
  t.is(made, `scrypt:10,8,16:${salt.toString('base64url')}:${derived.toString('base64url')}`)
})

test('digests of another cost go on being checked', async (t) => {
  const old = await createPasswords({ random, cost: CHEAP }).hash('x')
  t.true(await createPasswords({ random, cost: { logN: 5, r: 8, p: 2 } }).verify('x', old))
})

test('what is no digest, or one of absurd cost, matches nothing and costs nothing', async (t) => {
  const part = 'A'.repeat(43)
  for (const digest of [
    '',
    'x',
    'sha256:x',
    `scrypt:31,8,1:${part}:${part}`,
    `scrypt:0,0,0:${part}:${part}`,
    'scrypt:4,8,1::',
  ]) {
    t.false(await matchesScryptDigest('x', digest), digest)
  }
})

test('without a digest the same work is done, and nothing matches', async (t) => {
  const passwords = createPasswords({ random, cost: { logN: 14, r: 8, p: 1 } })
  const digest = await passwords.hash('x')
  const work = (stored: string | undefined) => cpuTimeOf(async () => t.false(await passwords.verify('y', stored)))
  const known: number[] = []
  const unknown: number[] = []
  for (let turn = 0; turn < 5; turn++) {
    known.push(await work(digest))
    unknown.push(await work(undefined))
  }
  t.true(Math.min(...unknown) > Math.min(...known) / 5, `${unknown} against ${known}`)
})

test('as many wait as may, the next is turned away, and all that waited are served', async (t) => {
  const passwords = createPasswords({ random, cost: CHEAP, concurrency: 2, capacity: 3 })
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => passwords.hash('x')))
  t.is(outcomes.filter(({ status }) => status === 'fulfilled').length, 5)
  for (const outcome of outcomes) if (outcome.status === 'rejected') t.true(outcome.reason instanceof PasswordsBusy)
  t.truthy(await passwords.hash('x'))
})

test('what was right is remembered for ten minutes, for that digest, and what was wrong is not', async (t) => {
  const clock = handClock()
  const passwords = createPasswords({ random, cost: CHEAP })
  let hashed = 0
  const counting = {
    ...passwords,
    verify: (password: string, digest: string | undefined) => {
      hashed += 1
      return passwords.verify(password, digest)
    },
  }
  const verified = createVerifiedPasswords({ clock, random, passwords: counting })
  const digest = await passwords.hash('x')
  t.true(await verified.verify('x', digest))
  t.true(await verified.verify('x', digest))
  t.is(hashed, 1)
  t.false(await verified.verify('y', digest))
  t.false(await verified.verify('y', digest))
  t.is(hashed, 3)
  t.false(await verified.verify('x', await passwords.hash('z')))
  t.false(await verified.verify('x', undefined))
  t.is(hashed, 5)
  await clock.advance(10 * 60_000)
  t.true(await verified.verify('x', digest))
  t.is(hashed, 6)
})

test('the default cost is one that OWASP recommends', (t) => {
  t.deepEqual(DEFAULT_COST, { logN: 15, r: 8, p: 3 })
})

import test, { type ExecutionContext } from 'ava'
import { sha256 } from '../../src/core/digest.ts'
import { silentLog } from '../../src/core/log.ts'
import { Problem } from '../../src/core/problem.ts'
import { authorizeDirectly } from '../../src/oauth/authorize/authorize-directly.ts'
import { checkBeforeLogin } from '../../src/oauth/authorize/before-login.ts'
import { checkBeforeRedirecting } from '../../src/oauth/authorize/before-redirecting.ts'
import { acceptChallenge, denyChallenge } from '../../src/oauth/authorize/decide-challenge.ts'
import { keepForLogin } from '../../src/oauth/authorize/login-challenge.ts'
import { offersAt } from '../../src/oauth/authorize/offers.ts'
import { parametersOf } from '../../src/oauth/http.ts'
import { codeKey } from '../../src/oauth/records/authorization-code.ts'
import { readToken } from '../../src/oauth/tokens/token-format.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { type BackChannel, backChannel } from '../_kit/back-channel.ts'
import type { HandClock } from '../_kit/clock.ts'
import { GOOD } from '../_kit/front-channel.ts'
import { issuerScheme } from '../_kit/issuer-api.ts'

const STORES = {
  memory: (clock: HandClock) => openMemoryStore({ clock }),
  sqlite: (clock: HandClock) => openSqliteStore({ path: ':memory:', clock, log: silentLog }),
} as const

async function challengeFor({ api, services }: BackChannel, changes: Readonly<Record<string, string>> = {}) {
  const parameters = parametersOf(Object.entries({ ...GOOD, ...changes }))
  const offers = offersAt(api)
  const proven = await checkBeforeRedirecting(parameters, api, offers, services.clients)
  return keepForLogin(checkBeforeLogin(parameters, proven, api, offers), services)
}

async function outcomes(t: ExecutionContext, attempts: readonly Promise<unknown>[]) {
  const settled = await Promise.allSettled(attempts)
  const failed = settled.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
  for (const reason of failed)
    t.true(reason instanceof Problem && reason.code === 'invalid_login_challenge', String(reason))
  return { succeeded: settled.length - failed.length, failed: failed.length }
}

for (const [name, openStore] of Object.entries(STORES)) {
  test(`${name}: of 50 decisions on one challenge at the same time exactly one counts`, async (t) => {
    const channel = await backChannel(t, { openStore })
    const { api, services } = channel
    const challenge = await challengeFor(channel)
    const attempts = Array.from({ length: 50 }, (_, turn) =>
      turn % 2 === 0
        ? acceptChallenge(challenge, { user: 'ann', metadata: {} }, api, services)
        : denyChallenge(challenge, api, services),
    )
    t.deepEqual(await outcomes(t, attempts), { succeeded: 1, failed: 49 })
  })

  test(`${name}: of 50 acceptances of an implicit request exactly one gets a token`, async (t) => {
    const scheme = issuerScheme({
      flows: { implicit: { authorizationPath: '/oauth/authorize' } },
      settings: { allowedAuthorizeTypes: ['token'] },
    })
    const channel = await backChannel(t, { openStore, schemes: [scheme] })
    const { api, services, events } = channel
    const challenge = await challengeFor(channel, { response_type: 'token' })
    const accept = () => acceptChallenge(challenge, { user: 'ann', metadata: {} }, api, services)
    t.deepEqual(await outcomes(t, Array.from({ length: 50 }, accept)), { succeeded: 1, failed: 49 })
    t.is((await events()).length, 1)
  })
}

test('RFC 7636 §4.4: a code remembers that it needs a verifier apart from the challenge', async (t) => {
  for (const [pkce, changes, needed] of [
    ['required', {}, true],
    ['optional', {}, true],
    ['optional', { code_challenge: '', code_challenge_method: '' }, false],
  ] as const) {
    const { api, services, store } = await backChannel(t, { settings: { pkce } })
    const parameters = parametersOf(Object.entries({ ...GOOD, ...changes }))
    const { code = '' } = await authorizeDirectly(parameters, { metadata: {} }, api, services)
    const [entry] = await store.get([codeKey(readToken('code', code) ?? '', sha256(code))])
    t.is(entry?.value.pkceRequired, needed)
    t.is(entry?.value.codeChallenge, needed ? GOOD.code_challenge : undefined)
    t.false(JSON.stringify(entry).includes(code))
  }
})

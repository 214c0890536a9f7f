import test, { type ExecutionContext } from 'ava'
import { Webhook } from 'standardwebhooks'
import { readBody, sendJson } from '../../examples/body.ts'
import { type Browser, newBrowser, type Page } from '../../examples/demo/browser.ts'
import { startIdentityServer } from '../../examples/identity-server/main.ts'
import { listen } from '../../examples/listen.ts'
import { forTest } from '../_kit/world.ts'

const REDIRECT_URI = 'https://shop.example/callback'
const WAITING = {
  client_name: 'Shoe <b>Shop</b>',
  redirect_uri: REDIRECT_URI,
  scopes: [{ name: '<script>', description: 'See your daily step counts' }],
}

/** A gateway where one request waits, and the identity server in front of it. */
async function world(t: ExecutionContext) {
  const decisions: Record<string, string>[] = []
  const gateway = await forTest(
    t,
    listen(async (request, response) => {
      if (request.headers.authorization !== 'Bearer key') return sendJson(response, 401, {})
      const path = '/api/apis/oauth/step-on/authorize-client'
      if (request.url === `${path}?login_challenge=challenge-1`) return sendJson(response, 200, WAITING)
      const decision = Object.fromEntries(new URLSearchParams((await readBody(request, 1e5))?.toString()))
      if (request.url !== path || decision['login_challenge'] !== 'challenge-1') return sendJson(response, 400, {})
      decisions.push(decision)
      sendJson(response, 200, { redirect_to: `${REDIRECT_URI}?code=abc&state=xyz` })
    }),
  )
  const identity = await forTest(
    t,
    startIdentityServer({ adminUrl: gateway.url, adminSecret: 'key', apiId: 'step-on', verifierSecret: 'verify' }),
  )
  const login = (challenge = 'challenge-1') => `${identity.url}/login?login_challenge=${challenge}&client_id=x`
  return { identity, decisions, login, browser: newBrowser() }
}

const CLARK = { username: 'clark', password: 'clark-walks' }

async function signIn(browser: Browser, url: string): Promise<Page> {
  const signedIn = await browser.submit(await browser.open(url), { fields: CLARK })
  return browser.open(signedIn.location ?? '')
}

test('signing in and allowing sends the decision to the gateway and the browser to the client', async (t) => {
  const { browser, login, decisions } = await world(t)
  const consent = await signIn(browser, login())
  t.true(consent.body.includes('shop.example'))
  t.true(consent.body.includes('See your daily step counts'))
  const done = await browser.submit(consent, { button: 'accept' })
  t.is(done.status, 303)
  t.is(done.location, `${REDIRECT_URI}?code=abc&state=xyz`)
  t.deepEqual(decisions, [{ login_challenge: 'challenge-1', user: 'clark', decision: 'accept' }])
})

test('denying is a decision too', async (t) => {
  const { browser, login, decisions } = await world(t)
  await browser.submit(await signIn(browser, login()), { button: 'deny' })
  t.is(decisions[0]?.['decision'], 'deny')
})

test('a wrong password and an unknown name get the same page and no session', async (t) => {
  const { browser, login } = await world(t)
  const page = await browser.open(login())
  for (const username of ['clark', 'nobody']) {
    const again = await browser.submit(page, { fields: { username, password: 'wrong' } })
    t.is(again.status, 401)
    t.true(again.body.includes('do not belong together'))
  }
  t.true((await browser.open(login())).body.includes('Sign in'))
})

test('texts from others are escaped, pages forbid scripts and framing, and are not stored', async (t) => {
  const { browser, login } = await world(t)
  const consent = await signIn(browser, login())
  t.false(consent.body.includes('<script>'))
  t.true(consent.body.includes('Shoe &lt;b&gt;Shop&lt;/b&gt;'))
  const policy = consent.headers.get('content-security-policy') ?? ''
  t.regex(policy, /default-src 'none'.*frame-ancestors 'none'/)
  t.true(policy.includes("form-action 'self' https://shop.example"))
  t.is(consent.headers.get('cache-control'), 'no-store')
})

test('a form without the session’s token changes nothing', async (t) => {
  const { browser, login, decisions, identity } = await world(t)
  const consent = await signIn(browser, login())
  const forged = await browser.submit(consent, { button: 'accept', fields: { csrf: 'x'.repeat(43) } })
  t.is(forged.status, 403)
  const stranger = await fetch(`${identity.url}/consent?login_challenge=challenge-1`, { method: 'POST' })
  t.is(stranger.status, 403)
  t.deepEqual(decisions, [])
})

test('signing in changes the session id, so that a planted one is worthless', async (t) => {
  const { browser, login } = await world(t)
  const page = await browser.open(login())
  const before = page.headers.getSetCookie()[0]
  const after = (await browser.submit(page, { fields: CLARK })).headers.getSetCookie()[0]
  t.truthy(before)
  t.truthy(after)
  t.not(before, after)
  t.regex(after ?? '', /HttpOnly; SameSite=Lax/)
})

test('a challenge that is unknown, answered or missing gets an error page', async (t) => {
  const { browser, login, identity } = await world(t)
  for (const address of [login('challenge-2'), `${identity.url}/login`]) {
    const page = await browser.open(address)
    t.is(page.status, 400)
    t.false(page.body.includes('<form'))
  }
})

test('the page says so when the gateway cannot be asked', async (t) => {
  const address = { adminUrl: 'http://127.0.0.1:9', adminSecret: 'key', apiId: 'step-on' }
  const identity = await forTest(t, startIdentityServer(address))
  t.is((await fetch(`${identity.url}/login?login_challenge=challenge-1`)).status, 503)
})

test('RFC 9110 §15.4.8: an authorization request that was POSTed arrives as a POST and shows the login page', async (t) => {
  const { login } = await world(t)
  const page = await fetch(login(), { method: 'POST', body: new URLSearchParams({ client_id: 'x' }) })
  t.is(page.status, 200)
  t.true((await page.text()).includes('name="password"'))
})

test('a gateway may ask for passwords when it signs the question', async (t) => {
  const { identity } = await world(t)
  const ask = async (password: string, secret: string): Promise<number> => {
    const body = JSON.stringify({ username: 'annie', password })
    const at = new Date()
    const signature = new Webhook(Buffer.from(secret).toString('base64')).sign('q1', at, body)
    const headers = {
      'webhook-id': 'q1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signature,
    }
    return (await fetch(`${identity.url}/verify-password`, { method: 'POST', body, headers })).status
  }
  t.is(await ask('annie-walks', 'verify'), 200)
  t.is(await ask('wrong', 'verify'), 401)
  t.is(await ask('annie-walks', 'guess'), 403)
})

import test, { type ExecutionContext } from 'ava'
import { Webhook } from 'standardwebhooks'
import { readBody, sendJson } from '../../examples/body.ts'
import { type Browser, newBrowser, type Page } from '../../examples/demo/browser.ts'
import { startIdentityServer } from '../../examples/identity-server/main.ts'
import { listen } from '../../examples/listen.ts'
import { forTest } from '../_kit/world.ts'

const REDIRECT_URI = 'https://shop.example/callback'
const REQUEST = { login_challenge: 'challenge-1', client_id: 'shop', redirect_uri: REDIRECT_URI, scope: 'step_counts' }

/** A gateway that knows one client and one challenge, and the identity server in front of it. */
async function world(t: ExecutionContext) {
  const decisions: Record<string, string>[] = []
  const answer = { redirect_to: `${REDIRECT_URI}?code=abc&state=xyz` }
  const gateway = await forTest(
    t,
    listen(async (request, response) => {
      if (request.headers.authorization !== 'Bearer admin') return sendJson(response, 401, {})
      if (request.url === '/api/apis/oauth/step-on/shop') {
        return sendJson(response, 200, { name: 'Shoe <b>Shop</b>', redirect_uris: [REDIRECT_URI] })
      }
      if (request.method !== 'POST') return sendJson(response, 404, {})
      decisions.push(Object.fromEntries(new URLSearchParams((await readBody(request, 1e5))?.toString())))
      sendJson(response, 200, answer)
    }),
  )
  const identity = await forTest(
    t,
    startIdentityServer({ adminUrl: gateway.url, adminSecret: 'admin', apiId: 'step-on', verifierSecret: 'verify' }),
  )
  const login = (request: Record<string, string> = REQUEST) => `${identity.url}/login?${new URLSearchParams(request)}`
  return { identity, decisions, answer, login, browser: newBrowser() }
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
  t.deepEqual(decisions, [{ login_challenge: 'challenge-1', user: 'clark', scope: 'step_counts', decision: 'accept' }])
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
  const consent = await signIn(browser, login({ ...REQUEST, scope: '<script>alert(1)</script>' }))
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
  const stranger = await fetch(`${identity.url}/consent?${new URLSearchParams(REQUEST)}`, { method: 'POST' })
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

test('an altered address is not shown as if it were the client’s', async (t) => {
  const { browser, login } = await world(t)
  for (const altered of [
    { ...REQUEST, client_id: 'unknown' },
    { ...REQUEST, redirect_uri: 'https://evil.example/' },
    { client_id: 'shop', redirect_uri: REDIRECT_URI },
  ]) {
    const page = await browser.open(login(altered as Record<string, string>))
    t.is(page.status, 400)
    t.false(page.body.includes('<form'))
  }
})

test('a code never goes where the user was not told', async (t) => {
  const { browser, login, answer } = await world(t)
  answer.redirect_to = 'https://evil.example/callback?code=abc'
  const done = await browser.submit(await signIn(browser, login()), { button: 'accept' })
  t.is(done.status, 400)
  t.is(done.location, undefined)
})

test('RFC 9110 §15.4.8: an authorization request that was POSTed arrives as a POST and shows the login page', async (t) => {
  const { login } = await world(t)
  const page = await fetch(login(), { method: 'POST', body: new URLSearchParams(REQUEST) })
  t.is(page.status, 200)
  t.true((await page.text()).includes('name="password"'))
})

test('a gateway may ask for passwords when it signs the question', async (t) => {
  const { identity } = await world(t)
  const ask = async (password: string, secret: string): Promise<number> => {
    const body = JSON.stringify({ username: 'annie', password })
    const signature = new Webhook(Buffer.from(secret).toString('base64')).sign('q1', new Date(), body)
    const headers = {
      'webhook-id': 'q1',
      'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
      'webhook-signature': signature,
    }
    return (await fetch(`${identity.url}/verify-password`, { method: 'POST', body, headers })).status
  }
  t.is(await ask('annie-walks', 'verify'), 200)
  t.is(await ask('wrong', 'verify'), 401)
  t.is(await ask('annie-walks', 'guess'), 403)
})

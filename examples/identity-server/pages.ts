import { createHash } from 'node:crypto'
import { Html, html } from './html.ts'
import { STYLE } from './style.ts'

/** What a page needs to bring its forms back here: the challenge, and the token against forgery. */
export interface FormContext {
  readonly challenge: string
  readonly csrf: string
}

export interface Consent {
  readonly user: string
  readonly clientName: string
  /** Where the browser goes afterwards. */
  readonly redirectHost: string
  readonly scopes: readonly { readonly name: string; readonly description: string }[]
}

export function loginPage(form: FormContext, retry?: { readonly username: string; readonly message: string }): Html {
  return page(
    'Sign in',
    html`<h1>Sign in</h1>
      <p class="soft">An application would like to use your Step On account.</p>
      ${retry && html`<p class="alarm" role="alert">${retry.message}</p>`}
      <form method="post" action="/login?login_challenge=${encodeURIComponent(form.challenge)}">
        <input type="hidden" name="csrf" value="${form.csrf}">
        <label>User name
          <input type="text" name="username" value="${retry?.username ?? ''}" autocomplete="username" autocapitalize="none"
            maxlength="100" required autofocus></label>
        <label>Password
          <input type="password" name="password" autocomplete="current-password" maxlength="200" required></label>
        <div class="choice"><button class="go">Sign in</button></div>
      </form>
      <p class="soft foot">Sample members: clark, annie and bob. Each one’s password is the name followed by
        <code>-walks</code>.</p>`,
  )
}

export function consentPage(form: FormContext, consent: Consent): Html {
  const scopes = consent.scopes.map(
    ({ name, description }) => html`<li>${description || `Use “${name}”`}<br><code>${name}</code></li>`,
  )
  return page(
    'Allow access',
    html`<h1>Allow ${consent.clientName} to use your account?</h1>
      <p class="soft">You go back to <strong>${consent.redirectHost}</strong> afterwards.</p>
      <p>${scopes.length === 0 ? 'It will know who you are.' : 'It wants to:'}</p>
      ${scopes.length > 0 ? html`<ul>${scopes}</ul>` : undefined}
      <form method="post" action="/consent?login_challenge=${encodeURIComponent(form.challenge)}">
        <input type="hidden" name="csrf" value="${form.csrf}">
        <div class="choice">
          <button name="decision" value="deny">Deny</button>
          <button class="go" name="decision" value="accept">Allow</button>
        </div>
      </form>
      <form class="foot" method="post" action="/logout?login_challenge=${encodeURIComponent(form.challenge)}">
        <input type="hidden" name="csrf" value="${form.csrf}">
        <span class="soft">Signed in as ${consent.user}. </span><button class="link">Not you?</button>
      </form>`,
  )
}

export function errorPage(title: string, detail: string): Html {
  return page(title, html`<h1>${title}</h1><p class="soft">${detail}</p>`)
}

function page(title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Step On</title><style>${new Html(STYLE)}</style></head>
<body><main><p class="brand">Step On</p>${body}</main></body>
</html>
`
}

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** Headers of every page. `formTarget`: where a form may lead besides here, because browsers check redirects as well. */
export function pageHeaders(formTarget?: string): Record<string, string> {
  const forms = formTarget ? `'self' ${formTarget}` : "'self'"
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action ${forms}; frame-ancestors 'none'; base-uri 'none'`,
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  }
}

import { FOREVER } from '../../core/duration.ts'
import { diagnose } from '../../document/diagnose.ts'
import { childOf, type Node } from '../../document/node.ts'
import type { IssuerScheme } from '../api.ts'
import type { Report } from '../compile-context.ts'
import { reportPlainRemote } from '../plain-remote.ts'
import { isPlaceholderUrl } from '../settings/field.ts'
import type { ReceiverSettings } from '../settings/notifications.ts'

/** What is questionable about the settings of an issuer scheme. `node` is where they stand. */
type OAuthRule = (scheme: IssuerScheme, node: Node, report: Report) => void

const loginPage: OAuthRule = ({ settings, flows }, node, report) => {
  const viaCode = settings.allowedAuthorizeTypes.includes('code') && flows.authorizationCode
  const viaToken = settings.allowedAuthorizeTypes.includes('token') && flows.implicit
  if ((!viaCode && !viaToken) || settings.authLoginRedirect || settings.provisionKey) return
  const hint = 'set authLoginRedirect to the login page of the identity server'
  report(diagnose('GW3301', node, 'key', 'there is no login page that the browser could be sent to', hint))
}

const implicitGrant: OAuthRule = ({ settings, flows }, node, report) => {
  if (!settings.allowedAuthorizeTypes.includes('token')) return
  const at = childOf(node, 'allowedAuthorizeTypes')
  if (!flows.implicit) {
    const message = 'the response type `token` has no effect: the scheme declares no implicit flow'
    report(diagnose('GW3302', at, 'value', message))
    return
  }
  const hint = 'RFC 9700 §2.1.2: use the code flow with PKCE instead'
  report(diagnose('GW3307', at, 'value', 'the implicit grant sends tokens through the browser', hint))
}

const refreshTokens: OAuthRule = ({ settings, flows }, node, report) => {
  if (!settings.refreshToken || flows.authorizationCode || flows.password) return
  const message = 'no flow of this scheme issues refresh tokens: only the code and password grants do'
  report(diagnose('GW3306', childOf(node, 'refreshToken'), 'value', message))
}

const defaultScopes: OAuthRule = ({ settings, scopes }, node, report) => {
  for (const [index, scope] of settings.scopes.default.entries()) {
    if (scopes.has(scope)) continue
    const at = childOf(node, 'scopes', 'default', index)
    report(diagnose('GW3308', at, 'value', `no flow declares the scope ${JSON.stringify(scope)}`))
  }
}

const endlessTokens: OAuthRule = ({ settings }, node, report) => {
  if (settings.accessTokenLifetime < FOREVER || settings.accessTokenFormat === 'jwt') return
  const hint = 'give them a lifetime, and refresh tokens to those who need longer'
  const at = childOf(node, 'accessTokenLifetime')
  report(diagnose('GW3313', at, 'value', 'access tokens never expire: a stolen one works until it is revoked', hint))
}

const signedNotifications: OAuthRule = ({ settings: { notifications } }, node, report) => {
  if (!notifications) return
  const at = childOf(node, 'notifications')
  if (notifications.onKeyChangeUrl === undefined && notifications.endpoints.length === 0) {
    report(diagnose('GW3309', at, 'key', 'nobody is notified: there is no onKeyChangeUrl'))
  }
  const receivers: readonly (readonly [Node, boolean])[] = [
    [at, notifications.onKeyChangeUrl !== undefined && isUnsigned(notifications)],
    ...notifications.endpoints.map(
      (endpoint, index) => [childOf(at, 'endpoints', index), isUnsigned(endpoint)] as const,
    ),
  ]
  for (const [place, unsigned] of receivers) {
    const hint = 'set sharedSecret, such as `env:TOKEN_WEBHOOK_SECRET`'
    if (unsigned) report(diagnose('GW3305', place, 'key', 'nothing proves where these notifications come from', hint))
  }
}

const isUnsigned = ({ sharedSecret, ed25519 }: Pick<ReceiverSettings, 'sharedSecret' | 'ed25519'>): boolean =>
  sharedSecret === undefined && ed25519?.enabled !== true

const safeUrls: OAuthRule = ({ settings }, node, report) => {
  const urls: readonly (readonly [Node, string | undefined])[] = [
    [childOf(node, 'authLoginRedirect'), settings.authLoginRedirect],
    [childOf(node, 'notifications', 'onKeyChangeUrl'), settings.notifications?.onKeyChangeUrl],
    [childOf(node, 'passwordVerifier', 'url'), settings.passwordVerifier?.url],
    ...(settings.notifications?.endpoints ?? []).map(
      ({ url }, index) => [childOf(node, 'notifications', 'endpoints', index, 'url'), url] as const,
    ),
  ]
  for (const [at, url] of urls) {
    if (url === undefined) continue
    if (isPlaceholderUrl(url)) {
      report(diagnose('GW3304', at, 'value', 'this URL leads nowhere: it still holds a placeholder'))
    } else {
      reportPlainRemote(url, at, report)
    }
  }
}

/** How long a key is published after it has signed for the last time. */
const LONGEST_JWT = 30 * 86_400_000

const longJwts: OAuthRule = ({ settings: { accessTokenFormat, accessTokenLifetime } }, node, report) => {
  if (accessTokenFormat !== 'jwt' || accessTokenLifetime <= LONGEST_JWT) return
  const message = 'JWTs live 30 days at most: their keys are not published any longer'
  report(diagnose('GW3314', childOf(node, 'accessTokenLifetime'), 'value', message))
}

export const OAUTH_RULES: readonly OAuthRule[] = [
  loginPage,
  implicitGrant,
  refreshTokens,
  defaultScopes,
  endlessTokens,
  longJwts,
  signedNotifications,
  safeUrls,
]

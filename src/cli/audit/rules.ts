import type { IssuerScheme } from '../../api/api.ts'
import { childOf, entriesOf, isObject, type Node } from '../../document/node.ts'
import type { AuditRule, AuditSubject } from './audit-rule.ts'

type Report = Parameters<AuditRule['find']>[1]

/** What a diagnostic says already is a finding as well. */
const told = (code: string) => (subject: AuditSubject, report: Report) => {
  for (const diagnostic of subject.diagnostics.filter((each) => each.code === code))
    report(diagnostic, diagnostic.message)
}

const settingsOf = ({ document }: AuditSubject, ...path: string[]): Node => childOf(document.root, 'x-gateway', ...path)

const schemeAt = (subject: AuditSubject, name: string, key: string): Node =>
  settingsOf(subject, 'server', 'authentication', 'securitySchemes', name, key)

/** Says of each scheme that issues tokens what `judge` has to say. */
const ofIssuers =
  (key: string, judge: (scheme: IssuerScheme) => string | undefined) =>
  (subject: AuditSubject, report: Report): void => {
    for (const scheme of subject.api?.securitySchemes.values() ?? []) {
      const message = scheme.kind === 'issuer' ? judge(scheme) : undefined
      if (message !== undefined) report(schemeAt(subject, scheme.name, key), `${scheme.name}: ${message}`)
    }
  }

const DAY = 86_400_000

/** Every rule, the worst first. */
export const AUDIT_RULES: readonly AuditRule[] = [
  {
    id: 'literal-secret',
    severity: 'error',
    title: 'A secret stands literally in the document',
    hint: 'write `env:NAME` or `file:/path`',
    find: told('GW1302'),
  },
  {
    id: 'pkce-off',
    severity: 'error',
    title: 'PKCE is not required of everyone',
    hint: 'RFC 9700 §2.1.1: leave `pkce` at `required`',
    find: ofIssuers('pkce', ({ settings, flows }) =>
      flows.authorizationCode && settings.pkce !== 'required'
        ? `pkce is ${settings.pkce}: codes can be injected`
        : undefined,
    ),
  },
  {
    id: 'implicit-on',
    severity: 'error',
    title: 'The implicit grant is on',
    hint: 'RFC 9700 §2.1.2: use the code flow with PKCE',
    find: ofIssuers('allowedAuthorizeTypes', ({ settings, flows }) =>
      flows.implicit && settings.allowedAuthorizeTypes.includes('token')
        ? 'tokens travel through the browser'
        : undefined,
    ),
  },
  {
    id: 'cors-any-origin-credentials',
    severity: 'error',
    title: 'CORS lets every page call with credentials',
    hint: 'name the origins',
    find: (subject, report) => {
      for (const cors of corsOf(subject)) {
        if (!isObject(cors.value) || cors.value['allowCredentials'] !== true) continue
        const origins = childOf(cors, 'allowedOrigins')
        if (JSON.stringify(origins.value ?? []).includes('"*"'))
          report(origins, 'any page may call with the user’s cookies')
      }
    },
  },
  {
    id: 'plain-http-tokens',
    severity: 'error',
    title: 'Tokens, codes or passwords are sent over plain HTTP',
    hint: 'use https',
    find: told('GW3303'),
  },
  {
    id: 'tls-verification-off',
    severity: 'error',
    title: 'The certificate of the upstream is not verified',
    hint: 'give its authority as `upstream.tls.ca` instead',
    find: (subject, report) => {
      if (subject.api?.upstream.tls?.insecureSkipVerify) {
        report(settingsOf(subject, 'upstream', 'tls', 'insecureSkipVerify'), 'anyone may pose as the upstream')
      }
    },
  },
  {
    id: 'plain-http-upstream',
    severity: 'warning',
    title: 'Requests leave this machine over plain HTTP',
    hint: 'use https, or a private network that you trust',
    find: (subject, report) => {
      const url = subject.api?.upstream.url
      if (url !== undefined && /^(?:http|ws):\/\/(?!localhost\b|127\.|\[::1\])/i.test(url)) {
        report(settingsOf(subject, 'upstream', 'url'), `${url} is not encrypted`)
      }
    },
  },
  {
    id: 'authentication-off',
    severity: 'warning',
    title: 'Everyone may call everything',
    hint: 'set x-gateway.server.authentication.enabled',
    find: (subject, report) => {
      if (subject.api && !subject.api.authentication.enabled)
        report(settingsOf(subject, 'server'), 'authentication is off')
    },
  },
  {
    id: 'anonymous-access',
    severity: 'warning',
    title: 'Requests without valid credentials go on',
    hint: 'switch `anonymous` off unless the upstream expects it',
    find: (subject, report) => {
      if (subject.api?.authentication.anonymous !== undefined) {
        report(settingsOf(subject, 'server', 'authentication', 'anonymous'), 'failed credentials are let through')
      }
    },
  },
  {
    id: 'public-write',
    severity: 'warning',
    title: 'An operation that changes something is public',
    hint: 'give it a `security` of its own, or block it',
    find: (subject, report) => {
      if (!subject.api?.authentication.enabled) return
      for (const { method, path, security, blocked } of subject.api.routes.operations) {
        if (path === '*' || blocked || security.length > 0 || !/^(?:POST|PUT|PATCH|DELETE)$/.test(method)) continue
        report(childOf(subject.document.root, 'paths', path, method.toLowerCase()), `${method} ${path} is public`)
      }
    },
  },
  {
    id: 'unchecked-scheme',
    severity: 'warning',
    title: 'A required scheme cannot be checked',
    hint: 'operations that need it answer 501',
    find: told('GW3102'),
  },
  {
    id: 'refresh-rotation-off',
    severity: 'warning',
    title: 'Refresh tokens are not replaced',
    hint: 'RFC 9700 §4.14.2: rotate those of public clients at least',
    find: ofIssuers('refreshTokenRotation', ({ settings }) =>
      settings.refreshToken && settings.refreshTokenRotation === 'never'
        ? 'a stolen refresh token stays unnoticed'
        : undefined,
    ),
  },
  {
    id: 'password-grant',
    severity: 'warning',
    title: 'The password grant is on',
    hint: 'RFC 9700 §2.4: use the code flow',
    find: ofIssuers('enabled', ({ flows }) =>
      flows.password ? 'applications see the passwords of their users' : undefined,
    ),
  },
  {
    id: 'token-in-query',
    severity: 'warning',
    title: 'Tokens are accepted in the query',
    hint: 'RFC 9700 §4.3.2: URLs end up in logs and histories',
    find: ofIssuers('query', ({ sources }) => (sources.query?.enabled ? 'tokens in URLs end up in logs' : undefined)),
  },
  {
    id: 'long-lived-tokens',
    severity: 'warning',
    title: 'Access tokens live longer than a day',
    hint: 'use refresh tokens',
    find: ofIssuers('accessTokenLifetime', ({ settings }) =>
      settings.accessTokenLifetime > DAY ? 'a stolen access token works for longer than a day' : undefined,
    ),
  },
  {
    id: 'unsigned-notifications',
    severity: 'warning',
    title: 'Notifications are not signed',
    hint: 'set `sharedSecret`',
    find: told('GW3305'),
  },
  {
    id: 'no-rate-limit',
    severity: 'info',
    title: 'Nothing limits how often callers may call',
    hint: 'set x-gateway.middleware.global.rateLimit',
    find: (subject, report) => {
      const operations = subject.api?.routes.operations ?? []
      if (operations.some(({ policies }) => policies.has('rateLimit') || policies.has('quota'))) return
      if (subject.api) report(settingsOf(subject, 'middleware'), 'no operation has a rate limit or a quota')
    },
  },
  {
    id: 'undeclared-forwarded',
    severity: 'info',
    title: 'What the document does not declare is forwarded',
    hint: 'set x-gateway.middleware.global.allowList',
    find: (subject, report) => {
      const match = subject.api?.routes.match('UNDECLARED', '/')
      if (match?.kind === 'operation' && !match.operation.blocked)
        report(settingsOf(subject, 'middleware'), 'undeclared paths reach the upstream')
    },
  },
]

/** CORS settings wherever they may stand. */
function corsOf(subject: AuditSubject): Node[] {
  const { document } = subject
  const middleware = settingsOf(subject, 'middleware')
  const operations = entriesOf(childOf(middleware, 'operations')).map(([, policies]) => policies)
  const inline = document.operations.flatMap(({ node, pathItems }) =>
    [...pathItems, node].map((at) => childOf(at, 'x-gateway')),
  )
  return [childOf(middleware, 'global'), ...operations, ...inline].map((policies) => childOf(policies, 'cors'))
}

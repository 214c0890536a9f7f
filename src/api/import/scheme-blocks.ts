import type { Diagnostic } from '../../core/diagnostic.ts'
import { diagnose } from '../../document/diagnose.ts'
import type { ApiDocument } from '../../document/load-document.ts'
import { childOf, entriesOf, type JsonObject, type Node } from '../../document/node.ts'
import { declaredFlows, hasOwnUrl } from '../schemes/oauth-flows.ts'

/** Settings for the schemes that a document declares, and what is still missing before each of them works. */
export interface SchemeBlocks {
  readonly settings: JsonObject
  readonly missing: readonly Diagnostic[]
}

interface Wish {
  /** Public URL and listen path, without trailing slash. */
  readonly issuer: string
  /** The identity server's login page. */
  readonly login?: string
}

/** Every scheme that some requirement names is enabled, because operations that need it would answer 501 otherwise. */
export function schemeBlocks(document: ApiDocument, wish: Wish): SchemeBlocks {
  const required = requiredSchemes(document)
  const declared = entriesOf(childOf(document.root, 'components', 'securitySchemes'))
  const used = declared.filter(([name]) => required.size === 0 || required.has(name))
  const missing: Diagnostic[] = []
  const settings = used.map(([name, written]): [string, JsonObject] => {
    const scheme = document.follow(written) ?? written
    const lack = (message: string, hint: string): void => {
      missing.push(diagnose('GW6201', written, 'key', `${name}: ${message}`, hint))
    }
    return [name, blockOf(scheme, name, { ...wish, root: document.root }, lack)]
  })
  return { settings: Object.fromEntries(settings), missing }
}

type RootedWish = Wish & { readonly root: Node }

type Lack = (message: string, hint: string) => void

const place = (name: string): string => `x-gateway.server.authentication.securitySchemes.${name}`

function blockOf(scheme: Node, name: string, wish: RootedWish, lack: Lack): JsonObject {
  const type = childOf(scheme, 'type').value
  if (type === 'oauth2') return oauthBlock(scheme, name, wish, lack)
  if (type === 'apiKey') {
    lack('no key is accepted yet', `add keys under ${place(name)}.keys, such as { consumer: me, key: env:API_KEY }`)
  } else if (type === 'http' && !/^(?:basic|bearer)$/i.test(String(childOf(scheme, 'scheme').value))) {
    lack('only http schemes basic and bearer can be checked', 'operations that need it answer 501')
  } else if (type !== 'http' && type !== 'openIdConnect') {
    lack(`schemes of type ${String(type)} cannot be checked`, 'operations that need it answer 501')
  }
  return { enabled: true }
}

/** The gateway issues tokens where a flow has a URL of its own; elsewhere another server does, which must be named. */
function oauthBlock(scheme: Node, name: string, { issuer, login, root }: RootedWish, lack: Lack): JsonObject {
  const flows = declaredFlows(scheme, issuer)
  if (!hasOwnUrl(flows)) {
    const server = flows.flatMap(({ node }) => ['tokenUrl', 'authorizationUrl'].map((key) => childOf(node, key).value))
    const who = String(server.find((url) => typeof url === 'string') ?? 'another server')
    const how = `${place(name)}: jwt { issuer, jwksUri, audience } or introspection { url, clientId, clientSecret } of that server`
    lack(
      `its tokens are issued by ${who}, and how to check them is not known`,
      `set ${how}; or give relative flow URLs`,
    )
    return { enabled: true, mode: 'external' }
  }
  const has = (flow: string): boolean => flows.some((declared) => declared.name === flow)
  if (has('implicit')) {
    lack('the implicit flow is not switched on: tokens would travel through the browser', 'use the code flow with PKCE')
  }
  if (has('password')) {
    lack(
      'nobody can log in with a password yet',
      `register users (POST /api/users) or set ${place(name)}.passwordVerifier`,
    )
  }
  const refresh = has('authorizationCode') || has('password') ? { refreshToken: true } : {}
  if (!has('authorizationCode')) return { enabled: true, ...refresh, allowedAuthorizeTypes: [] }
  if (login !== undefined)
    return { enabled: true, allowedAuthorizeTypes: ['code'], authLoginRedirect: login, ...refresh }
  if (!hasLoginPage(root, name)) {
    lack(
      'the code flow is declared, but the import has no login page that the browser could be sent to',
      `one that the API has already stays; else import with a login page, or set ${place(name)}: authLoginRedirect, and allowedAuthorizeTypes: [code]`,
    )
  }
  return { enabled: true, allowedAuthorizeTypes: [], ...refresh }
}

/** Whether the document brings settings of its own that name a page. */
const hasLoginPage = (root: Node, name: string): boolean =>
  childOf(root, 'x-gateway', 'server', 'authentication', 'securitySchemes', name, 'authLoginRedirect').value !==
  undefined

function requiredSchemes(document: ApiDocument): ReadonlySet<string> {
  const holders = [document.root, ...document.operations.map(({ node }) => node)]
  const named = holders.flatMap((holder) => {
    const { value } = childOf(holder, 'security')
    return Array.isArray(value) ? value.flatMap((each: unknown) => Object.keys(Object(each))) : []
  })
  return new Set(named)
}

import { z } from 'zod'
import { diagnose } from '../../document/diagnose.ts'
import { childOf, type Node } from '../../document/node.ts'
import type { IssuerScheme, SecurityScheme } from '../api.ts'
import type { CompileContext, Report } from '../compile-context.ts'
import { readSettings } from '../extension/read-settings.ts'
import { openIdConnectSchemeSettings } from '../settings/external-tokens.ts'
import { type OAuthSchemeSettings, oauthSchemeSettings } from '../settings/oauth-scheme.ts'
import { apiKeySchemeSettings, basicSchemeSettings, bearerSchemeSettings } from '../settings/plain-scheme.ts'
import { externalScheme } from './external-scheme.ts'
import { declaredFlows, declaredScopes, hasOwnUrl, mountFlows } from './oauth-flows.ts'
import { OAUTH_RULES } from './oauth-rules.ts'
import { sourcesOf } from './token-sources.ts'

/** A scheme of the document with the place of its settings in the extension. */
export interface SchemeInput {
  readonly name: string
  readonly declaration: Node
  readonly settings: Node
  readonly issuer: string
}

type Build = (input: SchemeInput, context: CompileContext, report: Report) => SecurityScheme | undefined

/** Settings of schemes that the gateway knows nothing else about. */
const onlySwitch = z.strictObject({ enabled: basicSchemeSettings.shape.enabled })

/** The scheme as it is enforced; undefined when it is switched off, or its settings are wrong (which is reported). */
export function buildScheme(input: SchemeInput, context: CompileContext, report: Report): SecurityScheme | undefined {
  return builderFor(input.declaration)(input, context, report)
}

function builderFor(declaration: Node): Build {
  const type = childOf(declaration, 'type').value
  const http = String(childOf(declaration, 'scheme').value).toLowerCase()
  if (type === 'oauth2') return buildOAuth
  if (type === 'openIdConnect') return buildOpenIdConnect
  if (type === 'apiKey') return buildApiKey
  if (type === 'http' && http === 'basic') return buildBasic
  if (type === 'http' && http === 'bearer') return buildBearer
  return buildUnsupported
}

const buildOAuth: Build = (input, context, report) => {
  const { name, declaration, issuer } = input
  const settings = readSettings(oauthSchemeSettings, input.settings, context, report)
  if (!settings?.enabled) return undefined
  const declared = declaredFlows(declaration, issuer)
  const isOwn = hasOwnUrl(declared)
  if (settings.mode === 'issuer' && !isOwn) {
    const hint = 'make the URLs of the flows relative, such as `/oauth/token`'
    const at = childOf(input.settings, 'mode')
    report(diagnose('GW3206', at, 'value', 'the URLs of this scheme are those of another server', hint))
    return undefined
  }
  if (settings.mode === 'external' || !isOwn) {
    const external = externalScheme(name, settings, undefined, input.settings, report)
    if (external) return external
    return unsupported(input, 'its tokens are issued by another server, and there is no way to check them', report)
  }
  for (const part of ['jwt', 'introspection'] as const) {
    if (!settings[part]) continue
    const message = `${part} has no effect: the gateway issues the tokens of this scheme itself`
    report(diagnose('GW3311', childOf(input.settings, part), 'key', message, 'set mode: external, or remove it'))
  }
  const flows = mountFlows(declared, report)
  if (Object.keys(flows).length === 0) return unsupported(input, 'none of its flows can be offered here', report)
  const scheme = issuerScheme(name, settings, flows, declaredScopes(declared))
  for (const rule of OAUTH_RULES) rule(scheme, input.settings, report)
  return scheme
}

function issuerScheme(
  name: string,
  settings: OAuthSchemeSettings,
  flows: IssuerScheme['flows'],
  scopes: IssuerScheme['scopes'],
): IssuerScheme {
  return { kind: 'issuer', name, settings, sources: sourcesOf(settings), flows, scopes }
}

const buildOpenIdConnect: Build = (input, context, report) => {
  const settings = readSettings(openIdConnectSchemeSettings, input.settings, context, report)
  if (!settings?.enabled) return undefined
  const url = childOf(input.declaration, 'openIdConnectUrl').value
  if (typeof url !== 'string' || !URL.canParse(url) || !/^https?:/i.test(url)) {
    return unsupported(input, 'its openIdConnectUrl is no absolute http or https URL', report)
  }
  const jwt = settings.jwt ?? (settings.introspection ? undefined : JWT_DEFAULTS)
  return externalScheme(input.name, { ...settings, jwt }, url, input.settings, report)
}

const JWT_DEFAULTS = openIdConnectSchemeSettings.shape.jwt.unwrap().parse({})

const buildApiKey: Build = (input, context, report) => {
  const settings = readSettings(apiKeySchemeSettings, input.settings, context, report)
  if (!settings?.enabled) return undefined
  const place = childOf(input.declaration, 'in').value
  const key = childOf(input.declaration, 'name').value
  if ((place !== 'header' && place !== 'query' && place !== 'cookie') || typeof key !== 'string' || key === '') {
    const message = 'an apiKey scheme needs a "name", and "in" with header, query or cookie'
    report(diagnose('GW3003', input.declaration, 'key', message))
    return undefined
  }
  reportRepeatedKeys(input.settings, settings.keys, report)
  return { kind: 'apiKey', name: input.name, in: place, key, settings }
}

function reportRepeatedKeys(node: Node, keys: z.output<typeof apiKeySchemeSettings>['keys'], report: Report): void {
  const seen = new Set<string>()
  for (const [index, { key }] of keys.entries()) {
    if (seen.has(key.reveal())) {
      const at = childOf(node, 'keys', index, 'key')
      report(diagnose('GW3310', at, 'value', 'this key already stands for another consumer, who comes first'))
    }
    seen.add(key.reveal())
  }
}

const buildBasic: Build = (input, context, report) => {
  const settings = readSettings(basicSchemeSettings, input.settings, context, report)
  return settings?.enabled ? { kind: 'basic', name: input.name } : undefined
}

const buildBearer: Build = (input, context, report) => {
  const settings = readSettings(bearerSchemeSettings, input.settings, context, report)
  return settings?.enabled ? { kind: 'bearer', name: input.name, sources: sourcesOf(settings) } : undefined
}

const buildUnsupported: Build = (input, context, report) => {
  const settings = readSettings(onlySwitch, input.settings, context, report)
  if (!settings?.enabled) return undefined
  const type = String(childOf(input.declaration, 'type').value)
  const scheme = childOf(input.declaration, 'scheme').value
  const kind = type === 'http' ? `http ${String(scheme)}` : type
  return unsupported(input, `the gateway cannot check schemes of type ${kind}`, report)
}

function unsupported(input: SchemeInput, reason: string, report: Report): SecurityScheme {
  const message = `${JSON.stringify(input.name)} cannot be checked: ${reason}; operations that need it answer 501`
  report(diagnose('GW3102', input.settings, 'key', message))
  return { kind: 'unsupported', name: input.name, reason }
}

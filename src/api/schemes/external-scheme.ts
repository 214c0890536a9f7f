import { diagnose } from '../../document/diagnose.ts'
import { childOf, type Node } from '../../document/node.ts'
import type { ExternalScheme, TokenIssuer } from '../api.ts'
import type { Report } from '../compile-context.ts'
import { reportPlainRemote } from '../plain-remote.ts'
import type { ClaimSettings, IntrospectionSettings, JwtSettings } from '../settings/external-tokens.ts'
import type { TokenSources } from '../settings/token-source.ts'
import { sourcesOf } from './token-sources.ts'

/** What the settings of `oauth2` and `openIdConnect` schemes have in common. */
interface ExternalSettings extends TokenSources {
  readonly jwt?: JwtSettings | undefined
  readonly introspection?: IntrospectionSettings | undefined
  readonly claims: ClaimSettings
  readonly realm?: string | undefined
}

/**
 * A scheme whose tokens another server issues. `metadataUrl`: where that server describes itself, for `openIdConnect`.
 * Undefined when the settings say no way to check a token; settings that let in too much, or nobody, are reported.
 */
export function externalScheme(
  name: string,
  settings: ExternalSettings,
  metadataUrl: string | undefined,
  node: Node,
  report: Report,
): ExternalScheme | undefined {
  const { jwt, introspection, claims, realm } = settings
  if (!jwt && !introspection) return undefined
  const issuers = jwt ? issuersOf(jwt, metadataUrl) : []
  if (jwt && issuers.length === 0) {
    const hint = 'name it: `issuer: https://login.example.com/`'
    report(diagnose('GW2103', childOf(node, 'jwt'), 'key', 'nobody’s tokens would be accepted: no issuer', hint))
    return undefined
  }
  for (const [part, { audience }] of Object.entries({ jwt, introspection }).flatMap(present)) {
    if (audience !== undefined) continue
    const hint = 'set audience to the name that this API has at the server that issues the tokens'
    report(diagnose('GW3312', placeOf(node, part), 'key', 'tokens that are meant for any service are accepted', hint))
  }
  reportPlainRemote(introspection?.url, childOf(node, 'introspection', 'url'), report)
  reportPlainRemote(jwt?.jwksUri, childOf(node, 'jwt', 'jwksUri'), report)
  return {
    kind: 'external',
    name,
    sources: sourcesOf(settings),
    claims,
    ...(realm === undefined ? {} : { realm }),
    ...(jwt ? { jwt: { ...jwt, issuers } } : {}),
    ...(introspection ? { introspection } : {}),
  }
}

const present = <T>([name, value]: [string, T | undefined]): [string, T][] =>
  value === undefined ? [] : [[name, value]]

/** Settings that were not written stand nowhere: their scheme does. */
function placeOf(node: Node, part: string): Node {
  const at = childOf(node, part)
  return at.value === undefined ? node : at
}

function issuersOf(jwt: JwtSettings, metadataUrl: string | undefined): TokenIssuer[] {
  const own: TokenIssuer = {
    ...(jwt.issuer === undefined ? {} : { issuer: jwt.issuer }),
    ...(jwt.jwksUri === undefined ? {} : { jwksUri: jwt.jwksUri }),
    ...(metadataUrl === undefined ? {} : { metadataUrl }),
  }
  const further = jwt.issuers.map(({ issuer, jwksUri }) => ({ issuer, ...(jwksUri === undefined ? {} : { jwksUri }) }))
  return own.issuer === undefined && metadataUrl === undefined ? further : [own, ...further]
}

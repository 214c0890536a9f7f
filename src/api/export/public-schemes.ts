import type { ApiDocument } from '../../document/load-document.ts'
import { childOf, entriesOf, isObject, type JsonObject } from '../../document/node.ts'
import type { Api, IssuerScheme, OAuthFlow } from '../api.ts'

/** The security schemes that some operation really asks for. Of one that this gateway issues for, URLs are absolute. */
export function publicSchemes(document: ApiDocument, api: Api): JsonObject {
  const used = new Set(
    api.routes.operations.flatMap(({ security }) => security.flat().map(({ scheme }) => scheme.name)),
  )
  const declared = entriesOf(childOf(document.root, 'components', 'securitySchemes'))
  return Object.fromEntries(
    declared.flatMap(([name, node]) => {
      if (!used.has(name)) return []
      const written = (document.follow(node) ?? node).value
      const scheme = api.securitySchemes.get(name)
      if (!isObject(written)) return []
      return [[name, scheme?.kind === 'issuer' ? { ...written, flows: publicFlows(scheme, written, api) } : written]]
    }),
  )
}

/** Only flows that are offered: what is not mounted leads nowhere. */
function publicFlows({ flows }: IssuerScheme, written: JsonObject, { issuer }: Api): JsonObject {
  const declared = isObject(written['flows']) ? written['flows'] : {}
  const offered = Object.entries(flows).map(([name, flow]: [string, OAuthFlow]): [string, JsonObject] => {
    const own = declared[name]
    const urls = {
      ...urlMember('authorizationUrl', flow.authorizationPath, issuer),
      ...urlMember('tokenUrl', flow.tokenPath, issuer),
      ...urlMember('refreshUrl', flow.refreshPath, issuer),
    }
    return [name, { ...(isObject(own) ? own : {}), ...urls }]
  })
  return Object.fromEntries(offered)
}

const urlMember = (key: string, path: string | undefined, issuer: string): JsonObject =>
  path === undefined ? {} : { [key]: issuer + path }

import { bundledDocument } from '../../document/export/bundle.ts'
import type { ApiDocument } from '../../document/load-document.ts'
import { isObject, type JsonObject } from '../../document/node.ts'
import { METHODS } from '../../document/operations.ts'
import type { Api, Operation, Security } from '../api.ts'
import { wholePathItems } from './path-items.ts'
import { publicSchemes } from './public-schemes.ts'
import { withUsedComponents } from './used-components.ts'

/**
 * What callers may know of an API: the document without anything of the gateway's, at its public URL, with absolute OAuth
 * URLs, and with the security, the operations and the refusals that really hold.
 */
export function publicDocument(document: ApiDocument, api: Api): JsonObject {
  const { servers: _, security: _security, ...whole } = withoutExtension(bundledDocument(document)) as JsonObject
  const served = new Map(
    api.routes.operations.map((operation) => [placeOf(operation.method, operation.path), operation]),
  )
  const schemes = publicSchemes(document, api)
  const { securitySchemes: _schemes, ...components } = isObject(whole['components']) ? whole['components'] : {}
  const kept = { ...components, ...(Object.keys(schemes).length > 0 ? { securitySchemes: schemes } : {}) }
  const { openapi, info, components: _components, paths: _paths, ...rest } = whole
  return withUsedComponents({
    openapi,
    info,
    servers: serverUrls(api).map((url) => ({ url })),
    ...rest,
    paths: Object.fromEntries(
      wholePathItems(whole).flatMap(([path, item]) => {
        const shown = publicItem(path, item, served)
        return shown === undefined ? [] : [[path, shown]]
      }),
    ),
    ...(Object.keys(kept).length > 0 ? { components: kept } : {}),
  })
}

const placeOf = (method: string, path: string): string => `${method.toUpperCase()} ${path}`

/** Virtual hosts take the place of the public one; a wildcard is no address. */
function serverUrls({ issuer, hosts }: Api): string[] {
  const named = hosts.filter((host) => !host.includes('*'))
  if (named.length === 0) return [issuer]
  return named.map((host) => {
    const url = new URL(issuer)
    if (host.includes(':')) url.host = host
    else url.hostname = host
    return url.href.replace(/\/$/, '')
  })
}

/** Keys of the gateway do not leave it, wherever they stand. */
function withoutExtension(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutExtension)
  if (!isObject(value)) return value
  const members = Object.entries(value).filter(([key]) => key !== 'x-gateway' && key !== 'x-tyk-api-gateway')
  return Object.fromEntries(members.map(([key, member]) => [key, withoutExtension(member)]))
}

/** Operations that nobody can call are not shown, and a path without operations is not, either. */
function publicItem(path: string, item: unknown, served: ReadonlyMap<string, Operation>): JsonObject | undefined {
  if (!isObject(item) || path.startsWith('x-')) return isObject(item) ? item : undefined
  const members = Object.entries(item).flatMap(([key, value]): [string, unknown][] => {
    if (key === 'servers') return []
    if (!(METHODS as readonly string[]).includes(key) || !isObject(value)) return [[key, value]]
    const operation = served.get(placeOf(key, path))
    return !operation || operation.blocked ? [] : [[key, publicOperation(value, operation)]]
  })
  return members.some(([key]) => (METHODS as readonly string[]).includes(key)) ? Object.fromEntries(members) : undefined
}

function publicOperation(written: JsonObject, { security }: Operation): JsonObject {
  const { servers: _, security: _security, responses, ...rest } = written
  const shown = isObject(responses) ? responses : {}
  if (security.length === 0) return { ...rest, responses: shown }
  return { ...rest, security: requirements(security), responses: { ...REFUSALS, ...shown } }
}

const requirements = (security: Security): JsonObject[] =>
  security.map((requirement) => Object.fromEntries(requirement.map(({ scheme, scopes }) => [scheme.name, scopes])))

const CHALLENGE = {
  'WWW-Authenticate': { description: 'How to authenticate (RFC 9110 §11.6.1).', schema: { type: 'string' } },
}

/** What the gateway answers instead of the upstream. What the document says of these statuses goes first. */
const REFUSALS: JsonObject = {
  '401': { description: 'The credentials are missing, wrong or no longer valid.', headers: CHALLENGE },
  '403': { description: 'The credentials are valid, but do not allow this.', headers: CHALLENGE },
}

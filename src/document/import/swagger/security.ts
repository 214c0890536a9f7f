import type { JsonPath } from '../../../core/json-pointer.ts'
import { isObject, type JsonObject } from '../../node.ts'
import type { Losses } from './losses.ts'

/** New names of flows, and the URLs that they have. */
const FLOWS: Readonly<Record<string, { readonly name: string; readonly urls: readonly string[] }>> = {
  implicit: { name: 'implicit', urls: ['authorizationUrl'] },
  password: { name: 'password', urls: ['tokenUrl'] },
  application: { name: 'clientCredentials', urls: ['tokenUrl'] },
  accessCode: { name: 'authorizationCode', urls: ['authorizationUrl', 'tokenUrl'] },
}

/** Swagger 2.0 "Security Scheme Object". */
export function convertScheme(scheme: unknown, path: JsonPath, losses: Losses): unknown {
  if (!isObject(scheme)) return scheme
  if (scheme['type'] === 'basic') {
    const { type: _, ...rest } = scheme
    return { type: 'http', scheme: 'basic', ...rest }
  }
  if (scheme['type'] !== 'oauth2') return scheme
  const { flow, authorizationUrl, tokenUrl, scopes, ...rest } = scheme
  const known = typeof flow === 'string' && Object.hasOwn(FLOWS, flow) ? FLOWS[flow] : undefined
  if (!known) {
    losses.lose([...path, 'flow'], `the OAuth flow ${JSON.stringify(flow)} is unknown`)
    return { ...rest, flows: {} }
  }
  const urls = Object.entries({ authorizationUrl, tokenUrl }).filter(
    ([key, url]) => url !== undefined && known.urls.includes(key),
  )
  const granted = isObject(scopes) ? withoutExtensions(scopes) : {}
  return { ...rest, flows: { [known.name]: { ...Object.fromEntries(urls), scopes: granted } } }
}

const withoutExtensions = (scopes: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(scopes).filter(([name]) => !name.startsWith('x-')))

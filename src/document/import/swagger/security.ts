import type { JsonPath } from '../../../core/json-pointer.ts'
import { isObject, type JsonObject } from '../../node.ts'
import type { Losses } from './losses.ts'

const FLOWS: Readonly<Record<string, string>> = {
  implicit: 'implicit',
  password: 'password',
  application: 'clientCredentials',
  accessCode: 'authorizationCode',
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
  const name = FLOWS[String(flow)]
  if (name === undefined) {
    losses.lose([...path, 'flow'], `the OAuth flow ${JSON.stringify(flow)} is unknown`)
    return { ...rest, flows: {} }
  }
  const urls = {
    ...(authorizationUrl === undefined ? {} : { authorizationUrl }),
    ...(tokenUrl === undefined ? {} : { tokenUrl }),
  }
  return { ...rest, flows: { [name]: { ...urls, scopes: isObject(scopes) ? withoutExtensions(scopes) : {} } } }
}

const withoutExtensions = (scopes: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(scopes).filter(([name]) => !name.startsWith('x-')))

import type { Api } from '../../api/api.ts'
import type { Challenge } from './credential.ts'

/** RFC 6750 §3 with RFC 9728 §5.1: the realm, and where the metadata of this protected resource is. */
export function bearerChallenge(api: Api, realm = api.name): Challenge {
  const url = new URL(api.issuer)
  const path = url.pathname === '/' ? '' : url.pathname
  const metadata = `${url.origin}/.well-known/oauth-protected-resource${path}`
  return { scheme: 'Bearer', parameters: `realm=${quoted(realm)}, resource_metadata=${quoted(metadata)}`, bearer: true }
}

/** RFC 9110 §5.6.4: a quoted string; what cannot stand in one becomes a question mark. */
export function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`
}

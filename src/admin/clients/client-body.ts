import { z } from 'zod'
import { redirectUriFault } from '../../oauth/authorize/redirect-uri.ts'
import { lifetime } from '../../oauth/policies/policy-body.ts'
import { keySetBody, keySetUrl } from './key-set-body.ts'

/** RFC 6749 §2.2; of characters that no encoding of paths, forms and Basic credentials changes. */
export const clientId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._~@-]{0,127}$/,
    'up to 128 letters, digits and . _ ~ @ -, beginning with a letter or digit',
  )
  // `POST …/{apiId}/authorize-client` and `POST …/{clientId}/revoke` share a shape with the paths of clients.
  .refine((id) => !['authorize-client', 'revoke', 'revoke_all'].includes(id), 'this name is the name of a call')

export const redirectUri = z.string().superRefine((uri, context) => {
  const fault = redirectUriFault(uri)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: `a redirect URI ${fault}` })
})

const name = z.string().trim().min(1).max(200)
export const scopeToken = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'a scope: printable, without blanks and quotes')
export const GRANT_TYPES = [
  'authorization_code',
  'client_credentials',
  'password',
  'refresh_token',
  'implicit',
] as const
const MAX_METADATA = 8192

/** What a form sends as text, and what tools send for "nothing". */
const emptyAsAbsent = (value: unknown): unknown => (value === '' || value === null ? undefined : value)

/** Nothing, in whatever way it is said, is the empty object. */
export const metadata = z.preprocess(
  (value) => parsedText(value) ?? {},
  z
    .record(z.string(), z.json(), 'an object')
    .refine(
      (value) => Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA,
      `at most ${MAX_METADATA} bytes of JSON`,
    ),
)

/** A form carries an object as JSON text. */
export function parsedText(value: unknown): unknown {
  if (typeof value !== 'string') return emptyAsAbsent(value)
  if (value.trim() === '') return undefined
  try {
    return JSON.parse(value)
  } catch {
    return value // "expected an object" says it better than a syntax error
  }
}

const common = {
  redirect_uri: z.preprocess(emptyAsAbsent, redirectUri.optional()),
  redirect_uris: z.array(redirectUri).max(32).optional(),
  policy_id: z.preprocess(emptyAsAbsent, z.string().max(200).optional()),
  policies: z.array(z.string().min(1).max(200)).max(32).optional(),
  meta_data: metadata,
  name: z.preprocess(emptyAsAbsent, name.optional()),
  scopes: z.array(scopeToken).max(1000).optional(),
  grant_types: z.array(z.enum(GRANT_TYPES)).optional(),
  /** All the APIs that it may use; that of the path is always among them. */
  apis: z.array(z.string().min(1)).max(200).optional(),
  client_type: z.enum(['confidential', 'public']).optional(),
  /** Where they differ from those of the scheme. */
  access_token_lifetime: lifetime.optional(),
  refresh_token_lifetime: lifetime.optional(),
  refresh_token_idle_lifetime: lifetime.optional(),
  /** RFC 7591 §2: the one way to authenticate; without it, the client may use its secret as it likes. */
  token_endpoint_auth_method: z
    .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
    .optional(),
  jwks: keySetBody.optional(),
  jwks_uri: z.preprocess(emptyAsAbsent, keySetUrl.optional()),
}

/** `POST /api/apis/oauth/{apiId}`. */
export const newClientBody = z
  .strictObject({
    ...common,
    client_id: z.preprocess(emptyAsAbsent, clientId.optional()),
    client_secret: z.preprocess(
      emptyAsAbsent,
      z
        .string()
        .regex(/^[\x20-\x7e]{1,512}$/, 'up to 512 printable ASCII characters (RFC 6749 appendix A)')
        .optional(),
    ),
  })
  .refine((body) => !(body.client_type === 'public' && body.client_secret !== undefined), {
    path: ['client_secret'],
    message: 'a public client has no secret',
  })
  .superRefine((body, context) => {
    for (const { path, message } of methodFaults(body)) context.addIssue({ code: 'custom', path: [path], message })
  })

/** `PUT /api/apis/oauth/{apiId}/{clientId}`: what is left out goes back to its default, `apis` apart, which stays. */
export const clientBody = z.strictObject({ ...common, client_id: clientId.optional() })

export type ClientBody = z.output<typeof clientBody>

type Method = Pick<z.output<typeof clientBody>, 'client_type' | 'token_endpoint_auth_method' | 'jwks' | 'jwks_uri'>

/** What does not go together of a new client's type, method, secret and keys. */
function* methodFaults(body: Method & { readonly client_secret?: string | undefined }) {
  const { token_endpoint_auth_method: method, client_type: type } = body
  const path = 'token_endpoint_auth_method'
  if (method === 'none' && type !== 'public') yield { path, message: '"none" is for public clients' }
  if (method !== undefined && method !== 'none' && type === 'public')
    yield { path, message: 'a public client has "none"' }
  const sets = Number(body.jwks !== undefined) + Number(body.jwks_uri !== undefined)
  if (method !== 'private_key_jwt' && sets > 0) yield { path, message: 'keys are for "private_key_jwt"' }
  if (method !== 'private_key_jwt') return
  if (sets !== 1) yield { path: 'jwks', message: 'jwks or jwks_uri, one of them' }
  if (body.client_secret !== undefined) yield { path: 'client_secret', message: 'a client with keys has no secret' }
}

/** Both spellings together, each URI once. */
export function redirectUrisOf(body: Pick<ClientBody, 'redirect_uri' | 'redirect_uris'>): readonly string[] {
  const first = body.redirect_uri === undefined ? [] : [body.redirect_uri]
  return [...new Set([...first, ...(body.redirect_uris ?? [])])]
}

export function policiesOf(body: Pick<ClientBody, 'policy_id' | 'policies'>): readonly string[] {
  const first = body.policy_id === undefined ? [] : [body.policy_id]
  return [...new Set([...first, ...(body.policies ?? [])])]
}

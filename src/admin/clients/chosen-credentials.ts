import type { ClientRecord } from '../../oauth/records/client.ts'
import type { ClientBody } from './client-body.ts'

type Body = Omit<ClientBody, 'client_id'>
type AuthMethod = Pick<ClientRecord, 'authMethod' | 'jwks' | 'jwksUri'>

/** How a client authenticates, as the record has it. */
export function authMethodOf({ token_endpoint_auth_method: method, jwks, jwks_uri: jwksUri }: Body): AuthMethod {
  return {
    ...(method === undefined || method === 'none' ? {} : { authMethod: method }),
    ...(jwks === undefined ? {} : { jwks }),
    ...(jwksUri === undefined ? {} : { jwksUri }),
  }
}

/** The same after a replacement: keys are replaced by keys, and stay when none are named. */
export function authMethodAfter(body: Body, before: ClientRecord): AuthMethod {
  const next = authMethodOf(body)
  if (before.authMethod !== 'private_key_jwt') return next
  const { jwks, jwksUri } = next.jwks || next.jwksUri ? next : before
  return { authMethod: 'private_key_jwt', ...(jwks ? { jwks } : {}), ...(jwksUri ? { jwksUri } : {}) }
}

/** Whether a body would make a client with keys one with a secret, or the other way round. */
export function changesMethod(body: Body, before: ClientRecord): boolean {
  const hasKeys = before.authMethod === 'private_key_jwt'
  const { token_endpoint_auth_method: method } = body
  if (method === 'none') return before.type !== 'public'
  if (method !== undefined && before.type === 'public') return true
  if (method !== undefined && (method === 'private_key_jwt') !== hasKeys) return true
  return !hasKeys && (body.jwks !== undefined || body.jwks_uri !== undefined)
}

/** Lifetimes of its own, as the record has them. */
export function lifetimesOf(body: Body): Pick<ClientRecord, 'lifetimes'> {
  const { access_token_lifetime: accessToken, refresh_token_lifetime: refreshToken } = body
  const { refresh_token_idle_lifetime: refreshTokenIdle } = body
  const lifetimes = {
    ...(accessToken === undefined ? {} : { accessToken }),
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(refreshTokenIdle === undefined ? {} : { refreshTokenIdle }),
  }
  return Object.keys(lifetimes).length === 0 ? {} : { lifetimes }
}

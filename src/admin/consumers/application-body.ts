import { z } from 'zod'
import { clientId, GRANT_TYPES, metadata, redirectUri, scopeToken } from '../clients/client-body.ts'
import { nullable, tagList } from './consumer-body.ts'

/** An application as `POST`, `PUT` and, merged with what it was, `PATCH` send it. */
export const applicationBody = z
  .strictObject({
    name: z.string().trim().min(1, 'length must be at least 1').max(200, 'length must be at most 200'),
    client_id: nullable(clientId),
    client_secret: nullable(
      z.string().regex(/^[\x20-\x7e]{1,512}$/, 'up to 512 printable ASCII characters (RFC 6749 appendix A)'),
    ),
    /** Secrets are always hashed; that they should be may be said. */
    hash_secret: nullable(z.boolean('expected a boolean')),
    redirect_uris: nullable(
      z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(redirectUri).max(32)),
    ),
    client_type: nullable(z.enum(['confidential', 'public'], 'expected one of: confidential, public')),
    tags: nullable(tagList),
    consumer: nullable(
      z
        .strictObject({ id: z.string().optional(), username: z.string().optional() })
        .refine(({ id, username }) => (id === undefined) !== (username === undefined), 'expected an id or a username'),
    ),
    apis: nullable(z.array(z.string().min(1)).min(1, 'at least one API').max(200)),
    scopes: nullable(z.array(scopeToken).max(1000)),
    grant_types: nullable(z.array(z.enum(GRANT_TYPES, `expected one of: ${GRANT_TYPES.join(', ')}`))),
    policies: nullable(z.array(z.string().min(1).max(200)).max(32)),
    meta_data: metadata,
    /** Only ever repeated. */
    id: nullable(z.unknown()),
    created_at: nullable(z.unknown()),
    updated_at: nullable(z.unknown()),
  })
  .refine(({ client_type, client_secret }) => client_type !== 'public' || client_secret === undefined, {
    path: ['client_secret'],
    message: 'a public client has no secret',
  })

export type ApplicationBody = z.output<typeof applicationBody>

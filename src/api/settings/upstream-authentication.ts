import { z } from 'zod'
import { Secret } from '../../core/secret.ts'
import { clientCredentialsSettings } from './client-credentials.ts'
import { flag, secret } from './field.ts'
import { headerName } from './header-name.ts'

const basicAuth = z
  .strictObject({
    username: z
      .string()
      .regex(/^[^:]+$/, 'a name without colon')
      .meta({ title: 'User name', description: 'Name that the gateway has at the upstream.', examples: ['gateway'] }),
    password: secret({ title: 'Password', description: 'Password of that name.' }),
    header: headerName({ title: 'Header', description: 'Header that carries both.' }).default('Authorization'),
  })
  .meta({ title: 'Basic', description: 'User name and password (RFC 7617) with every request.' })

const fixedHeader = z
  .strictObject({
    name: headerName({ title: 'Name', description: 'Name of the header.', examples: ['X-Api-Key'] }),
    value: z
      .string()
      .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, 'printable ASCII in one line')
      .meta({
        title: 'Value',
        description: 'Value of the header.',
        secret: true,
        examples: ['env:ORDERS_API_KEY', 'file:/run/secrets/orders-api-key'],
      })
      .transform((value) => new Secret(value)),
  })
  .meta({ title: 'Header', description: 'A fixed header with every request, such as an API key.' })

/** How the gateway itself authenticates at an upstream. What a client sends in the same header is not passed on. */
export const upstreamAuthentication = z
  .strictObject({
    enabled: flag(true, { title: 'Enabled', description: 'Whether the gateway authenticates at the upstream.' }),
    basicAuth: basicAuth.optional(),
    header: fixedHeader.optional(),
    oauth: z
      .strictObject({ clientCredentials: clientCredentialsSettings })
      .meta({ title: 'OAuth 2.0', description: 'An access token that the gateway gets for itself.' })
      .optional(),
  })
  .superRefine(({ enabled, basicAuth, header, oauth }, context) => {
    const ways = [basicAuth, header, oauth].filter((way) => way !== undefined).length
    if (ways === 1 || (ways === 0 && !enabled)) return
    context.addIssue({ code: 'custom', path: [], message: 'an object with one of basicAuth, header and oauth' })
  })
  .meta({
    title: 'Upstream authentication',
    description: 'How the gateway authenticates at the upstream; an operation may say otherwise.',
  })

export type UpstreamAuthentication = z.output<typeof upstreamAuthentication>

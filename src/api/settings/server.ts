import { z } from 'zod'
import { endpointLimits } from './endpoint-limits.ts'
import { openIdConnectSchemeSettings } from './external-tokens.ts'
import { flag, text } from './field.ts'
import { oauthSchemeSettings } from './oauth-scheme.ts'
import { apiKeySchemeSettings, basicSchemeSettings, bearerSchemeSettings } from './plain-scheme.ts'

const anonymous = z
  .strictObject({
    enabled: flag(false, {
      title: 'Enabled',
      description: 'Let failed or missing credentials go on as the anonymous consumer.',
    }),
    consumer: text({ title: 'Consumer', description: 'Name of the anonymous consumer.' }).default('anonymous'),
  })
  .meta({ title: 'Anonymous access', description: 'What happens to requests without valid credentials.' })

const authentication = z
  .strictObject({
    enabled: flag(false, {
      title: 'Enabled',
      description: 'Whether requests must authenticate. Off: everyone may call.',
    }),
    stripAuthorizationData: flag(false, {
      title: 'Strip the credential',
      description: 'Remove the credential from the request before it is forwarded.',
    }),
    requireHttps: z.enum(['auto', 'always', 'never']).default('auto').meta({
      title: 'Require HTTPS',
      description:
        'Refuse credentials, and requests to OAuth endpoints, that come in the clear. `auto`: where the public URL is https and `--trusted-proxies` says who tells of TLS.',
    }),
    anonymous: anonymous.prefault({}),
    endpointLimits: endpointLimits.prefault({}),
    // Which of them it is depends on the document's scheme of that name; the compiler chooses and reports precisely.
    securitySchemes: z
      .record(
        z.string().meta({ examples: ['oauth'] }),
        z.union([
          oauthSchemeSettings,
          openIdConnectSchemeSettings,
          apiKeySchemeSettings,
          bearerSchemeSettings,
          basicSchemeSettings,
        ]),
      )
      .default({})
      .meta({
        title: 'Security schemes',
        description: 'Settings by the scheme’s name in `components.securitySchemes`.',
      }),
  })
  .meta({ title: 'Authentication', description: 'How requests to this API authenticate.' })

/** `x-gateway.server`: where the API listens and how it is protected. */
export const serverSettings = z
  .strictObject({
    listenPath: z
      .strictObject({
        value: z
          .string()
          .regex(/^\/[^\s?#]*$/, 'a path that begins with "/" and has no query or fragment')
          .meta({ title: 'Path', description: 'Requests below this path go to this API.', examples: ['/pets/'] }),
        strip: flag(true, { title: 'Strip', description: 'Remove the listen path before forwarding.' }),
      })
      .meta({ title: 'Listen path', description: 'Where the API listens.' })
      .optional(),
    hosts: z
      .array(z.string().regex(/^(?:\*\.)?[A-Za-z0-9.-]+(?::\d+)?$/, 'a host name'))
      .default([])
      .meta({ title: 'Hosts', description: 'Virtual hosts; none means every host.', examples: [['api.example.com']] }),
    authentication: authentication.prefault({}),
  })
  .meta({ title: 'Server', description: 'Where the API listens and how it is protected.' })

export type ServerSettings = z.output<typeof serverSettings>

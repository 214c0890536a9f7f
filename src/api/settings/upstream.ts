import { z } from 'zod'
import { duration, flag, text } from './field.ts'
import { circuitBreakerSettings, loadBalancingSettings, retriesSettings } from './load-balancing.ts'
import { upstreamAuthentication } from './upstream-authentication.ts'

const url = z
  .string()
  .refine(
    (value) => URL.canParse(value) && /^(?:https?|wss?):$/.test(new URL(value).protocol),
    'an absolute URL of scheme http, https, ws or wss',
  )

/** `x-gateway.upstream`: where requests are forwarded. */
export const upstreamSettings = z
  .strictObject({
    url: url
      .meta({
        title: 'URL',
        description: 'Where requests go; by default the document’s first absolute server URL.',
        examples: ['http://127.0.0.1:3000'],
      })
      .optional(),
    basePath: z
      .string()
      .regex(/^\/[^\s?#]*$/, 'a path that begins with "/"')
      .meta({
        title: 'Base path',
        description: 'Path put before the forwarded path; by default that of the URL.',
        examples: ['/v2'],
      })
      .optional(),
    preserveHostHeader: flag(false, {
      title: 'Preserve Host',
      description: 'Send the client’s `Host` instead of the upstream’s.',
    }),
    timeout: z
      .strictObject({
        connect: duration({ title: 'Connect', description: 'Time to establish a connection.' }).prefault('5s'),
        total: duration({ title: 'Total', description: 'Time until the response headers have arrived.' }).prefault(
          '30s',
        ),
      })
      .prefault({})
      .meta({ title: 'Timeouts', description: 'How long the upstream may take.' }),
    tls: z
      .strictObject({
        ca: text({
          title: 'CA',
          description: 'PEM of the certificate authorities to trust.',
          examples: ['file:/etc/ssl/internal-ca.pem'],
        }).optional(),
        cert: text({
          title: 'Certificate',
          description: 'PEM of the client certificate.',
          examples: ['file:/run/secrets/client.pem'],
        }).optional(),
        key: text({ title: 'Key', description: 'PEM of the client key.', examples: ['file:/run/secrets/client.key'] })
          .meta({ secret: true })
          .optional(),
        insecureSkipVerify: flag(false, {
          title: 'Skip verification',
          description: 'Trust any certificate. Only for tests.',
        }),
      })
      .meta({ title: 'TLS', description: 'How an https upstream is checked.' })
      .optional(),
    authentication: upstreamAuthentication.optional(),
    loadBalancing: loadBalancingSettings(url).optional(),
    circuitBreaker: circuitBreakerSettings.optional(),
    retries: retriesSettings.optional(),
  })
  .refine((settings) => settings.url === undefined || settings.loadBalancing === undefined, {
    path: ['loadBalancing'],
    message: 'either `url` or `loadBalancing`: the targets are where requests go',
  })
  .meta({ title: 'Upstream', description: 'Where requests are forwarded.' })

export type UpstreamSettings = z.output<typeof upstreamSettings>

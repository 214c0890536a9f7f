import { z } from 'zod'
import { secret, text } from './field.ts'
import { tokenSources } from './token-source.ts'

const enabled = z.boolean().meta({ title: 'Enabled', description: 'Whether this scheme protects the API.' })

/** `type: apiKey`: keys that stand in the document (as references), each with the name of who holds it. */
export const apiKeySchemeSettings = z
  .strictObject({
    enabled,
    keys: z
      .array(
        z.strictObject({
          consumer: text({
            title: 'Consumer',
            description: 'Who holds the key; sent upstream as `X-Consumer-Username`.',
            examples: ['nightly-report'],
          }),
          key: secret({ title: 'Key', description: 'The key itself.' }),
        }),
      )
      .default([])
      .meta({ title: 'Keys', description: 'The keys that are accepted.' }),
  })
  .meta({ title: 'API key scheme', description: 'Settings of an `apiKey` security scheme.' })

/** `type: http`, `scheme: basic`: user name and password of a registered user. */
export const basicSchemeSettings = z.strictObject({ enabled }).meta({
  title: 'Basic scheme',
  description: 'Settings of an `http` `basic` security scheme: the registered users are asked.',
})

/** `type: http`, `scheme: bearer`: any live token of this gateway that has access to this API. */
export const bearerSchemeSettings = z.strictObject({ enabled, ...tokenSources }).meta({
  title: 'Bearer scheme',
  description: 'Settings of an `http` `bearer` security scheme: tokens issued by another API of this gateway.',
})

export type ApiKeySchemeSettings = z.output<typeof apiKeySchemeSettings>
export type BasicSchemeSettings = z.output<typeof basicSchemeSettings>
export type BearerSchemeSettings = z.output<typeof bearerSchemeSettings>

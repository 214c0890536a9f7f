import type { Node } from '../../../api/contract/place.ts'
import type { SchemaCompiler } from '../schema/compile-schema.ts'
import type { Run } from '../schema/run.ts'
import type { SchemaShapes } from '../schema/schema-shape.ts'

/** What texts are before a schema says what they mean. Members are own properties of an object without prototype. */
export type Untyped = string | readonly Untyped[] | { readonly [name: string]: Untyped }

/** What is needed to make values of texts. */
export interface Typing {
  readonly shapes: SchemaShapes
  readonly compile: SchemaCompiler
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * The value that texts stand for: `5` is a number where the schema allows one. Where it allows several types, the first that
 * satisfies it.
 */
export function typedValue(untyped: Untyped, schema: Node, typing: Typing, run: Run): unknown {
  if (typeof untyped === 'string') return typedText(untyped, schema, typing, run)
  run.spend(1)
  const { shapes } = typing
  if (isList(untyped)) {
    const item = shapes.itemOf(schema)
    return untyped.map((one) => typedValue(one, item, typing, run))
  }
  const members = Object.entries(untyped)
  return Object.fromEntries(
    members.map(([name, one]) => [name, typedValue(one, shapes.memberOf(schema, name), typing, run)]),
  )
}

const isList = (untyped: Untyped): untyped is readonly Untyped[] => Array.isArray(untyped)

function typedText(text: string, schema: Node, { shapes, compile }: Typing, run: Run): unknown {
  const types = shapes.typesOf(schema)
  const readings: unknown[] = []
  if (types.has('number') && NUMBER.test(text)) readings.push(Number(text))
  if (types.has('boolean') && (text === 'true' || text === 'false')) readings.push(text === 'true')
  if (types.has('null') && (text === 'null' || text === '')) readings.push(null)
  if (types.has('string') || readings.length === 0) readings.push(text)
  if (readings.length === 1) return readings[0]
  const check = compile(schema)
  return readings.find((value) => run.aside(() => check(value, '', run, undefined)).holds) ?? readings.at(-1)
}

import type { z } from 'zod'
import { diagnose } from '../../document/diagnose.ts'
import type { Node } from '../../document/node.ts'
import type { CompileContext, Report } from '../compile-context.ts'
import { inputSchema } from './input-schema.ts'
import { reportIssues } from './issues.ts'
import { type Layer, layerOf } from './layers.ts'
import { reportLiteralSecrets } from './literal-secrets.ts'
import { resolveValues } from './resolve-values.ts'

/** Reads settings that stand in one place. A missing node is an empty one. Undefined when there is anything wrong. */
export function readSettings<Schema extends z.ZodType>(
  schema: Schema,
  node: Node,
  context: CompileContext,
  report: Report,
): z.output<Schema> | undefined {
  const present = node.value === undefined ? { ...node, value: {} } : node
  reportLiteralSecrets(present, inputSchema(schema), report)
  const missing = new Set<string>()
  const resolved = resolveValues(present, context, (diagnostic) => {
    missing.add(diagnostic.pointer)
    report(diagnostic)
  })
  const settings = checkLayer(schema, layerOf(resolved), (diagnostic) => {
    if (!missing.has(diagnostic.pointer)) report(diagnostic) // a value that is not known cannot be wrong
  })
  return missing.size === 0 ? settings : undefined
}

/** Checks settings that may come from several places; their references are resolved. */
export function checkLayer<Schema extends z.ZodType>(
  schema: Schema,
  layer: Layer,
  report: Report,
): z.output<Schema> | undefined {
  try {
    const result = schema.safeParse(layer.value)
    if (result.success) return result.data
    reportIssues(result.error.issues, layer, inputSchema(schema), report)
  } catch (error) {
    // A policy's own check may be foreign code; what it throws must not take other documents down.
    const why = error instanceof Error ? error.message : String(error)
    report(diagnose('GW2102', layer.place, 'key', `the settings cannot be checked: ${why}`))
  }
  return undefined
}

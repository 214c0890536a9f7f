import type { z } from 'zod'
import { diagnose } from '../../document/diagnose.ts'
import { entriesOf, isObject, type Node } from '../../document/node.ts'
import type { CompileContext, Report } from '../compile-context.ts'
import { inputSchema } from '../extension/input-schema.ts'
import { unknownKey } from '../extension/issues.ts'
import { type Layer, layerOf, mergeLayers } from '../extension/layers.ts'
import { reportLiteralSecrets } from '../extension/literal-secrets.ts'
import { checkLayer } from '../extension/read-settings.ts'
import { resolveValues } from '../extension/resolve-values.ts'
import { operationSwitches } from '../settings/operation-switches.ts'

/** What holds in one place: checked settings by policy or switch, and the layers that they come from. */
export interface Effective {
  readonly settings: ReadonlyMap<string, unknown>
  readonly layers: ReadonlyMap<string, Layer>
}

export const NOTHING: Effective = { settings: new Map(), layers: new Map() }

/** Merges policies from the widest place to the narrowest and checks each result against the schema of its policy. */
export interface PolicyCompiler {
  /** What holds when `node` is said on top of `below`. Keys in `others` are somebody else's to read. */
  add(below: Effective, node: Node, others?: readonly string[]): Effective
}

export function policyCompiler(context: CompileContext, report: Report): PolicyCompiler {
  const schemas = new Map<string, z.ZodType>([...Object.entries(operationSwitches), ...context.policies])
  const reportOnce = withoutRepeats(report)
  const readLayer = (node: Node, schema: z.ZodType): Layer => {
    reportLiteralSecrets(node, inputSchema(schema), reportOnce)
    return layerOf(resolveValues(node, context, reportOnce))
  }
  return {
    add(below, node, others = []) {
      if (node.value === undefined) return below
      if (!isObject(node.value)) {
        reportOnce(diagnose('GW2102', node, 'value', 'expected an object of policies'))
        return below
      }
      const settings = new Map(below.settings)
      const layers = new Map(below.layers)
      for (const [name, member] of entriesOf(node)) {
        const schema = schemas.get(name)
        if (others.includes(name)) continue
        if (!schema) {
          reportOnce(diagnose('GW2101', member, 'key', ...unknownKey(name, [...schemas.keys(), ...others])))
          continue
        }
        const layer = mergeLayers(layers.get(name), readLayer(member, schema))
        const checked = layer && checkLayer(schema, layer, reportOnce)
        if (layer) layers.set(name, layer)
        else layers.delete(name)
        if (checked === undefined) settings.delete(name)
        else settings.set(name, checked)
      }
      return { settings, layers }
    },
  }
}

/** A wider place is read again for every operation below it. */
function withoutRepeats(report: Report): Report {
  const seen = new Set<string>()
  return (diagnostic) => {
    const key = [diagnostic.code, diagnostic.file, diagnostic.pointer, diagnostic.message].join('\0')
    if (seen.has(key)) return
    seen.add(key)
    report(diagnostic)
  }
}

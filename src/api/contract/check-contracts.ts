import { diagnose } from '../../document/diagnose.ts'
import type { Operation } from '../api.ts'
import type { Report } from '../compile-context.ts'
import type { ValidateRequestSettings } from '../settings/validate-request.ts'
import type { Contract } from './contract.ts'
import { linearPattern } from './linear-pattern.ts'
import { patternCost } from './pattern-pieces.ts'
import { childOf, entriesOf, isObject, itemsOf, type Node } from './place.ts'

const SCHEMAS = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames']
const LATER_SCHEMAS = ['unevaluatedItems', 'unevaluatedProperties', 'additionalItems', 'contentSchema']
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const MAPS = ['properties', 'patternProperties', 'dependentSchemas', 'dependencies']

/** Written-out characters of all patterns of a document that are looked at while it is loaded. */
const MOST_PIECES = 100_000

/** What of a document has been looked at. */
interface Looked {
  readonly schemas: Set<unknown>
  pieces: number
}

/** Tells, once each, the patterns of schemas that requests are held against, but that cannot be checked. */
export function checkContracts(operations: readonly Operation[], report: Report): void {
  const looked: Looked = { schemas: new Set(), pieces: 0 }
  for (const { contract, policies } of operations) {
    const settings = policies.get('validateRequest') as ValidateRequestSettings | undefined
    if (!contract || !settings?.enabled) continue
    for (const schema of requestSchemas(contract)) checkSchema(schema, contract, looked, report)
  }
}

function requestSchemas({ parameters, body }: Contract): Node[] {
  const holders = [
    ...parameters,
    ...[...parameters, ...(body ? [body] : [])].flatMap((one) =>
      entriesOf(childOf(one, 'content')).map(([, type]) => type),
    ),
  ]
  return holders.map((holder) => childOf(holder, 'schema'))
}

function checkSchema(start: Node, contract: Contract, looked: Looked, report: Report): void {
  const pending = [start]
  for (let node = pending.pop(); node; node = pending.pop()) {
    const { value } = node
    if (!isObject(value) || looked.schemas.has(value)) continue
    looked.schemas.add(value)
    reportPatterns(node, looked, report)
    const target = contract.target(node)
    if (target) pending.push(target)
    for (const part of partsOf(node)) pending.push(part)
  }
}

const partsOf = (schema: Node): Node[] => [
  ...[...SCHEMAS, ...LATER_SCHEMAS].map((name) => childOf(schema, name)),
  ...LISTS.flatMap((name) => itemsOf(childOf(schema, name))),
  ...MAPS.flatMap((name) => entriesOf(childOf(schema, name)).map(([, member]) => member)),
]

function reportPatterns(node: Node, looked: Looked, report: Report): void {
  const pattern = childOf(node, 'pattern')
  const keys = entriesOf(childOf(node, 'patternProperties'))
  const written = [...(typeof pattern.value === 'string' ? [[pattern.value, pattern] as const] : []), ...keys]
  for (const [source, place] of written) {
    if (looked.pieces > MOST_PIECES) return
    looked.pieces += patternCost(source)
    if (looked.pieces > MOST_PIECES) {
      const message = 'there are too many patterns to look at: from here on, each is tried when it is first needed'
      report(diagnose('GW2108', place, 'key', message))
      return
    }
    if (linearPattern(source)) continue
    const message = `the pattern ${JSON.stringify(source.slice(0, 60))} cannot be checked, and values pass by it`
    const hint = 'write it without back references, lookbehinds, inner lookaheads and very large counts'
    report(diagnose('GW2108', place, place === pattern ? 'value' : 'key', message, hint))
  }
}

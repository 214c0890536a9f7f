import { diagnose } from '../../document/diagnose.ts'
import type { Operation } from '../api.ts'
import type { Report } from '../compile-context.ts'
import type { ValidateRequestSettings } from '../settings/validate-request.ts'
import type { Contract } from './contract.ts'
import { linearPattern } from './linear-pattern.ts'
import { childOf, entriesOf, isObject, itemsOf, type Node } from './place.ts'

const SCHEMAS = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames']
const LATER_SCHEMAS = ['unevaluatedItems', 'unevaluatedProperties', 'additionalItems', 'contentSchema']
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const MAPS = ['properties', 'patternProperties', 'dependentSchemas', 'dependencies']

/** Tells, once each, the patterns of schemas that requests are held against, but that cannot be checked. */
export function checkContracts(operations: readonly Operation[], report: Report): void {
  const seen = new Set<unknown>()
  for (const { contract, policies } of operations) {
    const settings = policies.get('validateRequest') as ValidateRequestSettings | undefined
    if (!contract || !settings?.enabled) continue
    for (const schema of requestSchemas(contract)) checkSchema(schema, contract, seen, report)
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

function checkSchema(start: Node, contract: Contract, seen: Set<unknown>, report: Report): void {
  const pending = [start]
  for (let node = pending.pop(); node; node = pending.pop()) {
    const { value } = node
    if (!isObject(value) || seen.has(value)) continue
    seen.add(value)
    reportPatterns(node, report)
    const target = contract.target(node)
    if (target) pending.push(target)
    const of = node
    pending.push(
      ...[...SCHEMAS, ...LATER_SCHEMAS].map((name) => childOf(of, name)),
      ...LISTS.flatMap((name) => itemsOf(childOf(of, name))),
      ...MAPS.flatMap((name) => entriesOf(childOf(of, name)).map(([, member]) => member)),
    )
  }
}

function reportPatterns(node: Node, report: Report): void {
  const pattern = childOf(node, 'pattern')
  const keys = entriesOf(childOf(node, 'patternProperties'))
  const written = [...(typeof pattern.value === 'string' ? [[pattern.value, pattern] as const] : []), ...keys]
  for (const [source, place] of written) {
    if (linearPattern(source)) continue
    const message = `the pattern ${JSON.stringify(source.slice(0, 60))} cannot be checked, and values pass by it`
    const hint = 'write it without back references, lookbehinds, inner lookaheads and very large counts'
    report(diagnose('GW2108', place, place === pattern ? 'value' : 'key', message, hint))
  }
}

import type { Contract } from '../../../api/contract/contract.ts'
import { isObject, type JsonObject, type Node } from '../../../api/contract/place.ts'
import { arrayChecks } from './array-checks.ts'
import { combinations } from './combinations.ts'
import { objectChecks } from './object-checks.ts'
import { type Check, Seen } from './run.ts'
import { valueChecks } from './value-checks.ts'

/** A schema where it stands, with the means to compile what stands within it. */
export interface Site {
  readonly node: Node
  readonly schema: JsonObject
  readonly contract: Pick<Contract, 'version' | 'follow' | 'target'>
  compile(node: Node): Check
}

/** Gives the checks of schemas, each compiled when a value first reaches it, and kept. */
export type SchemaCompiler = (node: Node) => Check

const ANYTHING: Check = () => true
const NOTHING: Check = (_, at, run) => run.fail(at, 'is not allowed here')

/** Compiled schemas that one compiler keeps; beyond, it forgets all and begins anew. */
const MOST_KEPT = 5_000

/**
 * Compiles JSON Schema, as OpenAPI 3.0 and 3.1 (draft 2020-12) have it, into functions. No code is generated: texts of the
 * document are compared, never run. A `$ref` is followed when a value first needs it, so that cycles cost nothing, and of
 * a large document only what is used is compiled. What cannot be followed or compiled lets everything pass; loading the
 * document says so.
 */
export function schemaCompiler(contract: Pick<Contract, 'version' | 'follow' | 'target'>): SchemaCompiler {
  let kept = new Map<unknown, Check>()
  const compile = (node: Node): Check => {
    const { value } = node
    if (value === false) return NOTHING
    if (!isObject(value)) return ANYTHING
    const known = kept.get(value)
    if (known) return known
    if (kept.size >= MOST_KEPT) kept = new Map()
    const check = compileObject({ node, schema: value, contract, compile })
    kept.set(value, check)
    return check
  }
  return compile
}

function compileObject(site: Site): Check {
  const { schema, contract } = site
  const refers = typeof schema['$ref'] === 'string'
  const reference = refers ? [followed(site)] : []
  if (refers && contract.version === '3.0') return reference[0] ?? ANYTHING // what stands beside it does not count
  const checks = [
    ...reference,
    ...valueChecks(site),
    ...combinations(site),
    ...arrayChecks(site),
    ...objectChecks(site),
  ].filter((check) => check !== undefined)
  const nullable = schema['nullable'] === true
  const looksBack = schema['unevaluatedProperties'] !== undefined || schema['unevaluatedItems'] !== undefined
  const [only] = checks
  if (only && checks.length === 1 && !nullable && !looksBack) return only
  return (value, at, run, seen) => {
    if (nullable && value === null) return true
    run.enter()
    const own = looksBack ? new Seen() : seen
    let holds = true
    for (const check of checks) if (!check(value, at, run, own)) holds = false
    if (looksBack && own) seen?.add(own)
    run.leave()
    return holds
  }
}

/** A reference that leads back to itself without going into the value says nothing new. */
function followed({ node, contract, compile }: Site): Check {
  let check: Check | undefined
  let last: string | undefined
  return (value, at, run, seen) => {
    if (last === at) return true
    const before = last
    last = at
    try {
      run.enter()
      check ??= compile(contract.target(node) ?? { ...node, value: true })
      return check(value, at, run, seen)
    } finally {
      last = before
      run.leave()
    }
  }
}

import type { z } from 'zod'
import { type JsonPath, valueAt } from '../../core/json-pointer.ts'
import { nearest } from '../../core/nearest.ts'
import { diagnose } from '../../document/diagnose.ts'
import { isObject, type JsonObject } from '../../document/node.ts'
import type { Report } from '../compile-context.ts'
import { knownKeys, memberSchemas } from './input-schema.ts'
import { type Layer, placeIn } from './layers.ts'
import { meantIssues } from './meant-issues.ts'

type Issue = z.core.$ZodIssue

/** Says each issue of a settings schema at the key or value that it is about. */
export function reportIssues(issues: readonly Issue[], layer: Layer, schema: JsonObject, report: Report): void {
  for (const issue of issues.flatMap(meantIssues)) {
    if (issue.code === 'unrecognized_keys') reportUnknownKeys(issue.keys, issue.path, layer, schema, report)
    else if (isMissing(issue, layer)) reportMissing(issue.path, layer, report)
    else report(diagnose('GW2102', placeIn(layer, pathOf(issue)), 'value', messageOf(issue)))
  }
}

function reportUnknownKeys(
  keys: readonly string[],
  path: readonly PropertyKey[],
  layer: Layer,
  schema: JsonObject,
  report: Report,
): void {
  const at = steps(path)
  let here = [schema]
  for (const step of at) here = here.flatMap((each) => memberSchemas(each, step))
  const candidates = here.flatMap(knownKeys)
  for (const key of keys) {
    report(diagnose('GW2101', placeIn(layer, [...at, key]), 'key', ...unknownKey(key, candidates)))
  }
}

/** Message and hint for a key that nobody knows. */
export function unknownKey(key: string, candidates: readonly string[]): [message: string, hint: string | undefined] {
  const near = nearest(key, candidates)
  const all = candidates.length === 0 ? undefined : `known here: ${[...new Set(candidates)].sort().join(', ')}`
  return [`unknown key ${JSON.stringify(key)}`, near ? `did you mean ${JSON.stringify(near)}?` : all]
}

function isMissing(issue: Issue, layer: Layer): boolean {
  if (issue.path.length === 0) return false
  const last = String(issue.path.at(-1))
  const holder = issue.path.slice(0, -1).reduce<Layer | undefined>((at, step) => at?.members?.get(String(step)), layer)
  if (holder?.members) return !holder.members.has(last)
  // Within lists there are no layers: the value itself tells.
  const within = valueAt(layer.value, pathOf(issue).slice(0, -1))
  return issue.code === 'invalid_type' && isObject(within) && !Object.hasOwn(within, last)
}

function reportMissing(path: readonly PropertyKey[], layer: Layer, report: Report): void {
  const at = steps(path)
  const key = JSON.stringify(String(at.at(-1)))
  report(diagnose('GW2103', placeIn(layer, at.slice(0, -1)), 'key', `the key ${key} is missing here`))
}

/** A key that breaks a rule for keys is named by the issue, not by its path. */
const pathOf = (issue: Issue): JsonPath => steps(issue.path)

const steps = (path: readonly PropertyKey[]): (string | number)[] =>
  path.map((step) => (typeof step === 'symbol' ? String(step) : step))

/** Our own messages say what is expected ("a duration such as …") or are sentences; the library's are full sentences. */
function messageOf(issue: Issue): string {
  if (/^an? .* must /.test(issue.message)) return issue.message
  if (/^(?:an?|up to) /.test(issue.message)) return `expected ${issue.message}`
  return issue.message.replace(/^Invalid (?:input|option): /, '').replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase())
}

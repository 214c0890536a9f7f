import type { z } from 'zod'
import type { JsonPath } from '../../core/json-pointer.ts'
import { valueAt } from '../../core/json-pointer.ts'
import { nearest } from '../../core/nearest.ts'
import { type FieldFault, type Fields, schemaViolation } from './field-problem.ts'

/** The value as the schema makes it. Throws 400 `schema_violation` with everything that is wrong, at its place. */
export function checkEntity<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const known = 'shape' in schema ? Object.keys(schema.shape as object) : []
  const faults = result.error.issues.flatMap((issue) => faultsOf(issue, value, known))
  throw schemaViolation(fieldsOf(faults))
}

interface Fault {
  readonly path: JsonPath
  readonly message: string
}

function faultsOf(issue: z.core.$ZodIssue, value: unknown, known: readonly string[]): Fault[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const similar = path.length === 0 ? nearest(key, known) : undefined
      const message = similar === undefined ? 'unknown field' : `unknown field, did you mean "${similar}"?`
      return { path: [...path, key], message }
    })
  }
  const isMissing = issue.code === 'invalid_type' && valueAt(value, path) === undefined
  return [{ path, message: isMissing ? 'required field missing' : issue.message }]
}

/** Faults as a tree in the shape of the body; before a fault in a list there is `null` for each member without one. */
function fieldsOf(faults: readonly Fault[]): Fields {
  const fields: Record<string, FieldFault> = {}
  const whole = faults.filter(({ path }) => path.length === 0).map(({ message }) => message)
  if (whole.length > 0) fields['@entity'] = whole
  for (const name of new Set(faults.flatMap(({ path }) => (path.length > 0 ? [String(path[0])] : [])))) {
    const below = faults.filter(({ path }) => String(path[0]) === name)
    fields[name] = faultOf(below.map(({ path, message }) => ({ path: path.slice(1), message })))
  }
  return fields
}

function faultOf(faults: readonly Fault[]): FieldFault {
  const own = faults.find(({ path }) => path.length === 0)
  if (own) return own.message
  if (!faults.every(({ path }) => typeof path[0] === 'number')) return fieldsOf(faults)
  const last = Math.max(...faults.map(({ path }) => Number(path[0])))
  return Array.from({ length: last + 1 }, (_, index) => {
    const here = faults.filter(({ path }) => path[0] === index)
    return here.length === 0 ? null : faultOf(here.map(({ path, message }) => ({ path: path.slice(1), message })))
  })
}

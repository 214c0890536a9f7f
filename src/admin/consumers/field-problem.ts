import { Problem } from '../../core/problem.ts'

/** What is wrong with a body, by field; for members of lists at their positions, for objects below their names. */
export interface Fields {
  readonly [field: string]: FieldFault
}
export type FieldFault = string | null | readonly FieldFault[] | Fields

/** 400: every field that is wrong with what is wrong about it. Faults of the whole stand under `@entity`. */
export function schemaViolation(fields: Fields): Problem {
  const faults = Object.entries(fields).flatMap(([field, fault]) => faultTexts(field, fault))
  const count = faults.length === 1 ? 'schema violation' : `${faults.length} schema violations`
  const message = `${count} (${faults.join('; ')})`
  return new Problem(400, 'schema_violation', message, {
    members: { code: 2, name: 'schema violation', message, fields },
  })
}

/** 409: the value of a field belongs to something else already. */
export function uniqueViolation(field: string, value: string, hint = ''): Problem {
  const message = `UNIQUE violation detected on '{${field}=${JSON.stringify(value)}}'${hint === '' ? '' : `: ${hint}`}`
  const members = { code: 5, name: 'unique constraint violation', message, fields: { [field]: value } }
  return new Problem(409, 'unique_violation', message, { members })
}

/** 404 for a consumer, an application or a token. */
export function entityNotFound(what: string): Problem {
  return new Problem(404, 'not_found', `There is no such ${what}.`, { members: { code: 3, message: 'Not found' } })
}

/** 409: what stands in the file of consumers is changed there. */
export function declaredElsewhere(what: string): Problem {
  return new Problem(409, 'declared', `This ${what} stands in the file of consumers: change it there.`)
}

function faultTexts(field: string, fault: FieldFault): string[] {
  if (fault === null) return []
  if (typeof fault === 'string') return [field === '@entity' ? fault : `${field}: ${fault}`]
  if (isList(fault)) {
    const name = (index: number) => (field === '@entity' ? field : `${field}.${index + 1}`)
    return fault.flatMap((one, index) => faultTexts(name(index), one))
  }
  return Object.entries(fault).flatMap(([name, one]) => faultTexts(`${field}.${name}`, one))
}

const isList = (fault: readonly FieldFault[] | Fields): fault is readonly FieldFault[] => Array.isArray(fault)

import type { z } from 'zod'
import { meantIssues } from '../../api/extension/meant-issues.ts'
import { toPointer } from '../../core/json-pointer.ts'
import { nearest } from '../../core/nearest.ts'
import { Problem } from '../../core/problem.ts'
import { type Parameters, parametersOf, parseForm } from '../../oauth/http.ts'
import type { AdminBody } from '../admin-route.ts'

/** The value of a JSON or form body; `{}` when there is none. Throws 400 `malformed_body`, 415. */
export function readBody(body: AdminBody): unknown {
  if (body.text.trim() === '') return {}
  return isForm(body) ? Object.fromEntries(singles(parseForm(body.text))) : parseJson(body)
}

/** The parameters of a form body, or of a JSON object of texts. Throws 400 `malformed_body`, 415. */
export function readParameters(body: AdminBody): Parameters {
  if (isForm(body) || body.text.trim() === '') return parseForm(body.text)
  const value = parseJson(body)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Problem(400, 'malformed_body', 'The body must be a JSON object.')
  }
  return parametersOf(Object.entries(value).flatMap(([name, member]) => entryOf(name, member)))
}

/** Objects, such as `meta_data`, travel as JSON text in forms: here they become that text. */
function entryOf(name: string, member: unknown): (readonly [string, string])[] {
  if (member === null || member === undefined) return []
  return [[name, typeof member === 'string' ? member : JSON.stringify(member)]]
}

/** The value as the schema makes it. Throws 422 `invalid_body` with one entry in `errors` for everything that is wrong. */
export function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  return outputOf(schema, value, 422, 'invalid_body', (pointer) => (pointer === '' ? 'body' : pointer))
}

/** The same for what stands in the query. Throws 400 `invalid_query`. */
export function checkedQuery<S extends z.ZodType>(schema: S, query: unknown): z.output<S> {
  return outputOf(schema, query, 400, 'invalid_query', (pointer) => pointer.slice(1))
}

function outputOf<S extends z.ZodType>(
  schema: S,
  value: unknown,
  status: number,
  code: string,
  place: (pointer: string) => string,
): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const errors = result.error.issues.flatMap(meantIssues).flatMap((issue) => errorsOf(issue, schema))
  const detail = errors.map(({ pointer, message }) => `${place(pointer)}: ${message}`).join('; ')
  throw new Problem(status, code, detail, { members: { errors } })
}

interface BodyError {
  readonly pointer: string
  readonly message: string
}

function errorsOf(issue: z.core.$ZodIssue, schema: z.ZodType): readonly BodyError[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
  if (issue.code !== 'unrecognized_keys') return [{ pointer: toPointer(path), message: issue.message }]
  const known = 'shape' in schema ? Object.keys(schema.shape as object) : []
  return issue.keys.map((key) => {
    const similar = nearest(key, known)
    const message = similar === undefined ? 'unknown member' : `unknown member, did you mean "${similar}"?`
    return { pointer: toPointer([...path, key]), message }
  })
}

const isForm = (body: AdminBody): boolean => body.type === 'application/x-www-form-urlencoded'

function singles(form: Parameters): readonly (readonly [string, string])[] {
  const [repeated] = form.repeated
  if (repeated !== undefined) throw new Problem(400, 'malformed_body', 'A parameter was sent more than once.')
  return form.entries
}

function parseJson({ type, text }: AdminBody): unknown {
  if (type !== '' && type !== 'application/json' && !type.endsWith('+json')) {
    throw new Problem(415, 'unsupported_media_type', 'The body must be application/json or a form.')
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Problem(400, 'malformed_body', 'The body is not valid JSON.', { cause: error })
  }
}

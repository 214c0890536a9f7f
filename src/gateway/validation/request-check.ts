import type { Operation } from '../../api/api.ts'
import type { Contract } from '../../api/contract/contract.ts'
import { childOf, isObject, type Node } from '../../api/contract/place.ts'
import { type Lru, lru } from '../../core/lru.ts'
import type { Call } from '../call.ts'
import { type BodyReader, bodyReader } from './body/body-reader.ts'
import { bestKey, parseMediaType } from './body/media-type.ts'
import { type ParameterCheck, parameterCheck } from './parameters/check-parameters.ts'
import { formPairs } from './parameters/form-pairs.ts'
import { pathValues } from './parameters/path-values.ts'
import type { RequestTexts } from './parameters/read-parameter.ts'
import type { Typing } from './parameters/typed-value.ts'
import { schemaCompiler } from './schema/compile-schema.ts'
import type { Run } from './schema/run.ts'
import { schemaShapes } from './schema/schema-shape.ts'
import type { RequestViolation } from './violation.ts'

/** Checks a body that has been read. */
export type BodyCheck = (bytes: Buffer, run: Run, found: RequestViolation[]) => void

/** Holds requests against what the document says of one operation. */
export interface RequestCheck {
  /** Adds what is wrong with the head of a request. The answer checks the body, if that has to be read. */
  head(call: Call, run: Run, found: RequestViolation[]): BodyCheck | undefined
}

export type RequestChecks = (operation: Operation) => RequestCheck

/** Compiled operations of all APIs together. */
const MOST_KEPT = 500

/** Compiled when a request first needs them; those that were used longest ago are forgotten. */
export function createRequestChecks(): RequestChecks {
  const kept: Lru<Operation, RequestCheck> = lru(MOST_KEPT)
  return (operation) => {
    const known = kept.get(operation)
    if (known) return known
    const check = operation.contract ? compileCheck(operation.contract, operation.path) : { head: () => undefined }
    kept.set(operation, check)
    return check
  }
}

function compileCheck(contract: Contract, path: string): RequestCheck {
  const typing: Typing = { shapes: schemaShapes(contract), compile: schemaCompiler(contract) }
  const parameters: ParameterCheck = parameterCheck(contract.parameters, typing)
  const valuesOf = pathValues(path)
  const content = contract.body && childOf(contract.body, 'content')
  return {
    head(call, run, found) {
      parameters(textsOf(call, valuesOf), run, found)
      return content && contract.body ? bodyCheck(call, contract.body, content, typing, found) : undefined
    },
  }
}

function textsOf({ req, rest, target }: Call, valuesOf: ReturnType<typeof pathValues>): RequestTexts {
  const values = valuesOf(rest)
  return {
    query: formPairs(target.query),
    cookies: (req.headers.cookie ?? '').split(';').map((pair) => pair.trim()),
    path: (name) => values.get(name),
    header: (name) => req.headersDistinct[name]?.join(', '),
  }
}

function bodyCheck(
  { req, bodyLength }: Call,
  body: Node,
  content: Node,
  typing: Typing,
  found: RequestViolation[],
): BodyCheck | undefined {
  const isRequired = childOf(body, 'required').value === true
  if (bodyLength === 0) {
    if (isRequired) found.push(MISSING)
    return undefined
  }
  const keys = isObject(content.value) ? Object.keys(content.value) : []
  const types = req.headersDistinct['content-type'] ?? ['application/octet-stream']
  if (types.length > 1) {
    found.push(TWICE) // the upstream might read the other one
    return undefined
  }
  const type = parseMediaType(types[0] ?? '')
  const key = type && bestKey(keys, type)
  if (!type || key === undefined) {
    if (keys.length > 0) found.push(mediaTypeViolation(keys))
    return undefined
  }
  const declared = childOf(content, key)
  const read = bodyReader(type, declared, typing)
  return read && ((bytes, run, all) => checkBytes(bytes, { read, declared, typing, isRequired }, run, all))
}

const MISSING: RequestViolation = { in: 'body', pointer: '', detail: 'is required' }
const TWICE: RequestViolation = { in: 'header', name: 'Content-Type', pointer: '', detail: 'is given more than once' }

const mediaTypeViolation = (keys: readonly string[]): RequestViolation => ({
  in: 'header',
  name: 'Content-Type',
  pointer: '',
  detail: `must be ${keys.slice(0, 10).join(' or ')}`,
})

interface BodyReading {
  readonly read: BodyReader
  readonly declared: Node
  readonly typing: Typing
  readonly isRequired: boolean
}

function checkBytes(
  bytes: Buffer,
  { read, declared, typing, isRequired }: BodyReading,
  run: Run,
  found: RequestViolation[],
): void {
  if (bytes.length === 0 && !isRequired) return
  const body = bytes.length === 0 ? { problem: 'is required' } : read(bytes, run)
  run.violations = []
  if ('problem' in body) run.fail('', body.problem)
  else typing.compile(childOf(declared, 'schema'))(body.value, '', run, undefined)
  for (const violation of run.violations) found.push({ in: 'body', ...violation })
}

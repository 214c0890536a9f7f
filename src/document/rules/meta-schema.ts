import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { default as AjvDraft4 } from 'ajv-draft-04'
import type { Diagnostic } from '../../core/diagnostic.ts'
import { fromPointer } from '../../core/json-pointer.ts'
import { diagnose } from '../diagnose.ts'
import { DOCUMENT_LIMITS } from '../limits.ts'
import type { ApiDocument } from '../load-document.ts'
import { openApi30Schema, openApi31Schema } from '../openapi-schemas.ts'
import type { Source } from '../source.ts'
import { bestErrors, type SchemaCheck } from './best-errors.ts'
import { NEW_IN_32 } from './newer-openapi.ts'

/**
 * Checks a document against the JSON Schema of its OpenAPI version as it stands, without dereferencing. What the
 * gateway can serve without is a warning.
 */
export function metaSchema(document: ApiDocument): Diagnostic[] {
  const check = document.version === '3.0' ? schema30() : schema31()
  if (check.validate(document.root.value)) return []
  const errors = bestErrors(check, [...(check.validate.errors ?? [])])
  const seen = new Set<string>()
  const strange = document.version === '3.2' ? errors.filter((error) => !isOf32(error)) : errors
  return strange.slice(0, 2 * DOCUMENT_LIMITS.sameCode).flatMap((error) => {
    const key = `${error.instancePath} ${error.message}`
    if (seen.has(key)) return []
    seen.add(key)
    return [describe(document.root.source, error)]
  })
}

/** What the schema of 3.1 cannot know. */
function isOf32({ keyword, instancePath, params }: ErrorObject): boolean {
  if (instancePath === '/openapi') return true
  const extra: unknown = params['additionalProperty'] ?? params['unevaluatedProperty']
  if (typeof extra === 'string') return NEW_IN_32.has(extra)
  return keyword === 'enum' && /\/(?:in|style)$/.test(instancePath) // querystring, cookie
}

function describe(source: Source, error: ErrorObject): Diagnostic {
  const path = fromPointer(error.instancePath)
  const code = isNeeded(path) ? 'GW5101' : 'GW5102'
  const extra = error.params['additionalProperty'] ?? error.params['unevaluatedProperty']
  if (typeof extra === 'string') {
    const at = { source, path: [...path, extra] }
    return diagnose(code, at, 'key', `OpenAPI has no key ${JSON.stringify(extra)} here`)
  }
  if (error.keyword === 'required') return diagnose(code, { source, path }, 'key', error.message ?? 'a key is missing')
  const allowed: unknown = error.params['allowedValues']
  const values = Array.isArray(allowed) ? `: ${allowed.join(', ')}` : ''
  return diagnose(code, { source, path }, 'value', `${error.message ?? 'not valid OpenAPI'}${values}`)
}

/** Parts without which nothing can be served. Requirements and schemes have rules of their own, which say more. */
function isNeeded(path: readonly string[]): boolean {
  const [first, second] = path
  if (first === 'paths') return path.length === 1
  return first === 'components' && (path.length === 1 || (second === 'securitySchemes' && path.length === 2))
}

let compiled30: SchemaCheck | undefined
let compiled31: SchemaCheck | undefined

/** Compiled at the first document of the version: it takes a quarter of a second, and every later one is free. */
function schema30(): SchemaCheck {
  if (!compiled30) {
    const ajv = new AjvDraft4.default({ allErrors: true, strict: false, validateFormats: false, verbose: true })
    const schema = { ...openApi30Schema(), id: 'urn:oas:3.0' }
    compiled30 = { validate: ajv.compile(schema), branch: (ref) => ajv.getSchema(`urn:oas:3.0${ref}`) }
  }
  return compiled30
}

function schema31(): SchemaCheck {
  if (!compiled31) {
    const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false, verbose: true })
    const schema = { ...openApi31Schema(), $id: 'urn:oas:3.1' }
    compiled31 = { validate: ajv.compile(schema), branch: (ref) => ajv.getSchema(`urn:oas:3.1${ref}`) }
  }
  return compiled31
}

import type { AnySchema, ErrorObject, ValidateFunction } from 'ajv'

/** A compiled schema and a way to ask one of its definitions alone. */
export interface SchemaCheck {
  readonly validate: ValidateFunction
  /** The definition that a local `$ref` such as `#/definitions/Reference` names. */
  branch(ref: string): ValidateFunction | undefined
}

const NOISE = new Set(['if', 'oneOf', 'anyOf', 'allOf', 'not', '$ref'])

/**
 * What a person needs of a list of schema errors: where alternatives failed, only those of the alternative that was
 * meant; where a part is wrong, not also that its whole is; nothing twice.
 */
export function bestErrors(check: SchemaCheck, errors: readonly ErrorObject[], depth = 0): ErrorObject[] {
  const alternatives = errors.filter((error) => branchesOf(error).length > 0)
  // Of alternatives within alternatives of one value, the outer ones are reported last.
  const outermost = alternatives.filter(
    (error, index) =>
      !alternatives.some(
        (other, otherIndex) =>
          isWithin(error.instancePath, other.instancePath) &&
          (other.instancePath !== error.instancePath || otherIndex > index),
      ),
  )
  const plain = errors.filter((error) => !outermost.some((outer) => isWithin(error.instancePath, outer.instancePath)))
  const chosen = depth > 8 ? [] : outermost.flatMap((error) => chosenErrors(check, error, depth))
  return withoutEchoes([...plain, ...chosen])
}

/** The errors of the best alternative, with the instance path of the whole. */
function chosenErrors(check: SchemaCheck, error: ErrorObject, depth: number): ErrorObject[] {
  let best: ErrorObject[] | undefined
  for (const branch of branchesOf(error)) {
    const validate = check.branch(branch)
    if (!validate || isReferenceBranch(branch, error.data)) continue
    if (validate(error.data)) return []
    const found = bestErrors(check, [...(validate.errors ?? [])], depth + 1)
    if (!best || cost(found) < cost(best)) best = found
  }
  if (!best) return [error]
  return best.map((inner) => ({ ...inner, instancePath: error.instancePath + inner.instancePath }))
}

/** A value without `$ref` was not meant to be a reference, and one with it was. */
function isReferenceBranch(ref: string, data: unknown): boolean {
  const isReference = /\/reference$/i.test(ref)
  const has = typeof data === 'object' && data !== null && Object.hasOwn(data, '$ref')
  return isReference !== has
}

/** A wrong `type` or `in` means that another alternative was meant; then, the fewest errors. */
function cost(errors: readonly ErrorObject[]): number {
  const wrongKind = errors.some(
    (error) =>
      (error.keyword === 'enum' || error.keyword === 'const') && /^\/(?:type|in|scheme)$/.test(error.instancePath),
  )
  return errors.length + (wrongKind ? 1000 : 0)
}

/** The definitions between which the schema lets choose; alternatives written in place have no name to be asked by. */
function branchesOf(error: ErrorObject): string[] {
  const { keyword, schema } = error
  if ((keyword !== 'oneOf' && keyword !== 'anyOf') || !Array.isArray(schema)) return []
  return schema.flatMap((branch: AnySchema) => {
    const ref = typeof branch === 'object' ? branch['$ref'] : undefined
    return typeof ref === 'string' && ref.startsWith('#') ? [ref] : []
  })
}

/** Of a failed part, the whole says nothing new: neither that it failed, nor that it left keys unevaluated. */
function withoutEchoes(errors: readonly ErrorObject[]): ErrorObject[] {
  const telling = errors.filter((error) => !NOISE.has(error.keyword))
  return errors.filter((error) => {
    if (NOISE.has(error.keyword)) return !telling.some((other) => isWithin(other.instancePath, error.instancePath))
    if (error.keyword !== 'unevaluatedProperties') return true
    const member = `${error.instancePath}/${String(error.params['unevaluatedProperty'])}`
    return !telling.some(
      (other) =>
        other.keyword !== 'unevaluatedProperties' &&
        (other.instancePath === error.instancePath || isWithin(other.instancePath, member)),
    )
  })
}

const isWithin = (path: string, whole: string): boolean => path === whole || path.startsWith(`${whole}/`)

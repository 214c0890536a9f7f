import type { Node } from '../../../api/contract/place.ts'
import { isJson } from '../body/media-type.ts'
import type { Run } from '../schema/run.ts'
import type { RequestViolation } from '../violation.ts'
import { type DeclaredParameter, declaredParameters, type RequestTexts } from './read-parameter.ts'
import { MALFORMED } from './styles.ts'
import { type Typing, typedValue } from './typed-value.ts'

/** Adds what is wrong with the parameters of a request; `run` bounds the work. */
export type ParameterCheck = (texts: RequestTexts, run: Run, found: RequestViolation[]) => void

export function parameterCheck(nodes: readonly Node[], typing: Typing): ParameterCheck {
  const parameters = declaredParameters(nodes, typing)
  return (texts, run, found) => {
    for (const parameter of parameters) {
      const { name, in: place } = parameter
      run.violations = []
      checkOne(parameter, texts, typing, run)
      for (const violation of run.violations) found.push({ in: place, name, ...violation })
    }
    run.violations = []
  }
}

function checkOne(parameter: DeclaredParameter, texts: RequestTexts, typing: Typing, run: Run): void {
  const read = parameter.read(texts)
  if (read === undefined) {
    if (parameter.required) run.fail('', 'is required')
  } else if (read === MALFORMED) {
    run.fail('', 'is not written as its style says')
  } else if (!(read === '' && parameter.allowsEmpty)) {
    const value =
      parameter.mediaType === undefined ? typedValue(read, parameter.schema, typing, run) : contentOf(parameter, read)
    if (value === MALFORMED) run.fail('', 'is not valid JSON')
    else typing.compile(parameter.schema)(value, '', run, undefined)
  }
}

/** OAS "Parameter Object": `content`. */
function contentOf({ mediaType = '' }: DeclaredParameter, read: unknown): unknown {
  if (!isJson(mediaType)) return read
  try {
    return JSON.parse(String(read)) as unknown
  } catch {
    return MALFORMED
  }
}

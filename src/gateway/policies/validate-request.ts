import { type ValidateRequestSettings, validateRequestSettings } from '../../api/settings/validate-request.ts'
import type { Clock } from '../../core/clock.ts'
import { Problem } from '../../core/problem.ts'
import type { Call } from '../call.ts'
import { holdBody } from '../validation/body/hold-body.ts'
import { undoCoding } from '../validation/body/undo-coding.ts'
import type { BodyCheck } from '../validation/request-check.ts'
import { Run, TooMuchWork } from '../validation/schema/run.ts'
import type { RequestViolation } from '../validation/violation.ts'
import { definePolicy } from './policy.ts'

/** Holds requests against the parameters and the body that the document declares; names all that is wrong at once. */
export const validateRequest = definePolicy({
  name: 'validateRequest',
  settings: validateRequestSettings,
  create(settings, { operation, requestChecks, clock }) {
    if (!settings.enabled || !operation.contract) return undefined
    return (call) => {
      const run = new Run()
      const found: RequestViolation[] = []
      const checkBody = bounded(() => requestChecks(operation).head(call, run, found), found)
      if (checkBody) return validateBody(call, checkBody, { settings, clock, run, found })
      refuse(found, settings)
      return undefined
    }
  },
})

interface Validation {
  readonly settings: ValidateRequestSettings
  readonly clock: Clock
  readonly run: Run
  readonly found: RequestViolation[]
}

async function validateBody(call: Call, check: BodyCheck, { settings, clock, run, found }: Validation): Promise<void> {
  const limit = settings.maxBodySize
  const content = await undoCoding(await holdBody(call, limit, clock), call.req.headers['content-encoding'], limit)
  bounded(() => check(content, run, found), found)
  refuse(found, settings)
}

function bounded<T>(check: () => T, found: RequestViolation[]): T | undefined {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof TooMuchWork)) throw error
    found.push({ in: 'body', pointer: '', detail: 'takes too much work to check' })
    return undefined
  }
}

/** Violations that one answer names. */
const MOST_NAMED = 100

function refuse(found: readonly RequestViolation[], { errorResponseCode }: ValidateRequestSettings): void {
  if (found.length === 0) return
  const detail = 'The request is not as the API describes it.'
  throw new Problem(errorResponseCode, 'invalid_request', detail, {
    members: { violations: found.slice(0, MOST_NAMED) },
  })
}

import type { Api, Operation } from '../../api/api.ts'
import { Problem } from '../../core/problem.ts'
import { mayCall, type Rights } from '../../oauth/tokens/rights.ts'
import type { Step } from '../call.ts'

/** Refuses with 403 what the policies of the client, or the session of its token, do not give access to. */
export function checkRights(api: Api, operation: Operation): Step {
  const decided = new WeakMap<Rights, boolean>()
  return (call) => {
    const rights = call.principal?.rights
    if (!rights) return undefined
    let allowed = decided.get(rights)
    if (allowed === undefined) {
      allowed = mayCall(rights, api.id, operation)
      decided.set(rights, allowed)
    }
    if (!allowed) throw refusal(rights)
    return undefined
  }
}

function refusal({ closedBy }: Rights): Problem {
  return closedBy === undefined
    ? new Problem(403, 'access_denied', 'The policies of the client do not give access to this operation.')
    : new Problem(403, 'policy_closed', 'A policy of the client is missing or inactive: it may do nothing.')
}

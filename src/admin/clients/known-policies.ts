import { Problem } from '../../core/problem.ts'
import { policyKey } from '../../oauth/records/policy.ts'
import type { Store } from '../../store/store.ts'
import type { ClientBody } from './client-body.ts'

/** Those of the ids that no policy has. Throws `StoreUnavailable`. */
export async function missingPolicies(ids: readonly string[], store: Store): Promise<ReadonlySet<string>> {
  const entries = await store.get(ids.map(policyKey))
  return new Set(ids.filter((_, index) => entries[index] === undefined))
}

/** A policy that does not exist would close the client. Throws 422 `invalid_body` for each that is named. */
export async function refuseUnknownPolicies({ policy_id, policies = [] }: ClientBody, store: Store): Promise<void> {
  const named = [
    ...(policy_id === undefined ? [] : [{ pointer: '/policy_id', id: policy_id }]),
    ...policies.map((id, index) => ({ pointer: `/policies/${index}`, id })),
  ]
  const missing = await missingPolicies(
    named.map(({ id }) => id),
    store,
  )
  const unknown = named.filter(({ id }) => missing.has(id))
  if (unknown.length === 0) return
  const errors = unknown.map(({ pointer }) => ({ pointer, message: 'there is no such policy' }))
  const detail = `There is no policy ${unknown.map(({ id }) => JSON.stringify(id)).join(', ')}.`
  throw new Problem(422, 'invalid_body', detail, { members: { errors } })
}

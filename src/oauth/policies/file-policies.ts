import { z } from 'zod'
import { meantIssues } from '../../api/extension/meant-issues.ts'
import type { JsonPath } from '../../core/json-pointer.ts'
import { type PolicyContent, policyBody, policyContent, policyId } from './policy-body.ts'

/** What a policy file says, or everything that is wrong with it. */
export type FilePolicies =
  | { readonly ok: true; readonly policies: ReadonlyMap<string, PolicyContent> }
  | { readonly ok: false; readonly faults: readonly PolicyFault[] }

export interface PolicyFault {
  readonly path: JsonPath
  /** Whether the key is wrong, or the value. */
  readonly part: 'key' | 'value'
  readonly message: string
}

const fileBody = z.strictObject({ policies: z.record(policyId, policyBody.omit({ id: true })) })

/** Checks the value of a policy file: `policies` is an object of policies by id, as the admin API takes them. */
export function filePolicies(value: unknown): FilePolicies {
  const result = fileBody.safeParse(value)
  if (!result.success) return { ok: false, faults: result.error.issues.flatMap(meantIssues).flatMap(faultsOf) }
  const entries = Object.entries(result.data.policies)
  return { ok: true, policies: new Map(entries.map(([id, body]) => [id, policyContent(body)])) }
}

function faultsOf(issue: z.core.$ZodIssue): readonly PolicyFault[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
  if (issue.code !== 'unrecognized_keys') return [{ path, part: 'value', message: issue.message }]
  return issue.keys.map((key) => ({ path: [...path, key], part: 'key', message: `unknown key ${JSON.stringify(key)}` }))
}

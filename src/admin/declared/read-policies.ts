import { join } from 'node:path'
import type { Diagnostic } from '../../core/diagnostic.ts'
import { toPointer } from '../../core/json-pointer.ts'
import { diagnoseAt } from '../../document/diagnose.ts'
import { readSource } from '../../document/read-source.ts'
import { isMeantAsDocument } from '../../gateway/documents/is-document.ts'
import { POLICY_FILES } from '../../gateway/documents/policy-files.ts'
import { readText } from '../../gateway/documents/read-text.ts'
import { filePolicies } from '../../oauth/policies/file-policies.ts'
import type { PolicyContent } from '../../oauth/policies/policy-body.ts'

/** What the policy files of a folder say. */
export interface ReadPolicies {
  /** By id; missing when anything is wrong. */
  readonly policies?: ReadonlyMap<string, PolicyContent>
  /** Everything that is wrong, with its place. */
  readonly diagnostics: readonly Diagnostic[]
}

/** All policies of the policy files of a folder; none when there are no such files. Never throws. */
export async function readPolicies(folder: string): Promise<ReadPolicies> {
  const policies = new Map<string, PolicyContent>()
  const diagnostics: Diagnostic[] = []
  for (const name of POLICY_FILES) {
    const file = join(folder, name)
    const text = await readText(file)
    if (!text.ok && text.error.kind === 'unusable') diagnostics.push(text.error.diagnostic)
    if (!text.ok || isMeantAsDocument(text.value)) continue
    const read = policiesIn(file, text.value)
    diagnostics.push(...read.diagnostics)
    for (const [id, content] of read.policies ?? []) policies.set(id, content)
  }
  return diagnostics.length > 0 ? { diagnostics } : { policies, diagnostics }
}

function policiesIn(file: string, text: string): ReadPolicies {
  const { source, diagnostics } = readSource(file, text)
  if (!source) return { diagnostics }
  const read = filePolicies(source.value)
  if (read.ok) return { policies: read.policies, diagnostics: [] }
  return {
    diagnostics: read.faults.map(({ path, message, part }) =>
      diagnoseAt(part === 'key' ? 'GW2101' : 'GW2102', file, source.locate(path, part), message, {
        pointer: toPointer(path),
      }),
    ),
  }
}

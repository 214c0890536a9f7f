import { readFileSync } from 'node:fs'
import type { CompileContext } from '../../api/compile-context.ts'
import type { PolicySchemas } from '../../api/settings/gateway.ts'
import { policySettings } from '../../gateway/policies/index.ts'

/** What documents are compiled with on the command line: the same as by a gateway that is started here. */
export function compileContext(
  environment: (name: string) => string | undefined,
  policies: PolicySchemas = policySettings,
): CompileContext {
  return {
    publicUrl: environment('GATEHOUSE_PUBLIC_URL') ?? 'http://127.0.0.1:8080',
    policies,
    environment,
    readFile: contentOf,
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // the diagnostic says so, with its place in the document
  }
}

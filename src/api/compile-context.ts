import type { Diagnostic } from '../core/diagnostic.ts'
import type { PolicySchemas } from './settings/gateway.ts'

/** Everything a document is compiled with, besides itself. */
export interface CompileContext {
  /** Where clients reach the gateway; without trailing slash. */
  readonly publicUrl: string
  readonly policies: PolicySchemas
  /** Differs whenever a policy is another one than before, though it bears the same name. */
  readonly policyVersion?: () => string
  /** The value that `env:NAME` stands for. */
  readonly environment: (name: string) => string | undefined
  /** The content that `file:/path` stands for; undefined when it cannot be read. */
  readonly readFile: (path: string) => string | undefined
}

/** Takes a diagnostic. */
export type Report = (diagnostic: Diagnostic) => void

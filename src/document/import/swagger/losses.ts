import type { Diagnostic } from '../../../core/diagnostic.ts'
import type { JsonPath } from '../../../core/json-pointer.ts'
import { diagnose } from '../../diagnose.ts'
import type { Source } from '../../source.ts'

/** Collects what a conversion could not carry over, each at its place in the old text. */
export interface Losses {
  lose(path: JsonPath, message: string, hint?: string): void
  readonly found: readonly Diagnostic[]
}

export function collectLosses(source: Source): Losses {
  const found: Diagnostic[] = []
  return {
    found,
    lose: (path, message, hint) => void found.push(diagnose('GW6002', { source, path }, 'key', message, hint)),
  }
}

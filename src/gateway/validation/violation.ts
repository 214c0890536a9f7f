import type { Violation } from './schema/run.ts'

/** Where in a request something is wrong. */
export interface RequestViolation extends Violation {
  readonly in: 'path' | 'query' | 'header' | 'cookie' | 'body'
  /** Of the parameter. */
  readonly name?: string
}

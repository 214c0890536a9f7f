import type { JsonPath } from '../core/json-pointer.ts'

/** A stretch of text, 1-based, in UTF-16 code units; the end is exclusive. */
export interface Range {
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

/** A text that was read, with its value; positions are worked out when somebody asks. */
export interface Source {
  /** As diagnostics show it. */
  readonly file: string
  readonly text: string
  readonly format: 'json' | 'yaml'
  readonly value: unknown
  /**
   * Where the key or the value at `path` stands. The root, and array items, have no key of their own: their value is
   * meant. Where the path leads nowhere, the nearest ancestor answers.
   */
  locate(path: JsonPath, part: 'key' | 'value'): Range
}

import type { Result } from '../../core/result.ts'
import { stampOf } from './find-files.ts'
import { type NoText, readText } from './read-text.ts'

/** Where the library takes the texts of documents from. */
export interface DocumentSource {
  /** Differs when the text may differ; undefined when there is none. */
  stampOf(file: string): Promise<string | undefined>
  /** Never rejects. */
  readText(file: string): Promise<Result<string, NoText>>
  /** Files that are there although no folder shows them. */
  files(): Iterable<string>
  /** Where a text comes from. */
  originOf(file: string): TextOrigin
}

export interface TextOrigin {
  /** `store`: shared with other gateways. It goes before a file of the same name. */
  readonly origin: 'file' | 'store'
  /** A file of that name says something else and is not served. */
  readonly hidesFile?: true
}

export const filesOnly: DocumentSource = { stampOf, readText, files: () => [], originOf: () => ({ origin: 'file' }) }

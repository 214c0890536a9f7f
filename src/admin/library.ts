import type { Api } from '../api/api.ts'
import type { Diagnostic } from '../core/diagnostic.ts'

/** The documents that this gateway serves, as the admin API needs to know them. */
export interface Library {
  /** Every document, in the order of the ids. */
  list(): readonly LibraryEntry[]
  find(apiId: string): LibraryEntry | undefined
  /** Whether every document has been read once since the start. */
  loaded(): boolean
}

export interface LibraryEntry {
  readonly id: string
  readonly name: string
  /**
   * `live`: served as it stands in its file. `stale`: the file is broken or could not be used, its last good version is
   * served. `down`: there is no version that can be served.
   */
  readonly state: 'live' | 'stale' | 'down'
  readonly file: string
  /** `store`: shared by all gateways of the store, and served instead of a file of that name. */
  readonly origin?: 'file' | 'store'
  /** A file of that name says something else. */
  readonly hidesFile?: true
  /** Of the version that is served. */
  readonly api?: Api
  readonly diagnostics: readonly Diagnostic[]
  /** The text of the file as it is now; undefined when it has gone. */
  text(): Promise<string | undefined>
}

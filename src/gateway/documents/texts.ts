/**
 * Where the texts of documents are kept, for whoever changes them: files, or what several gateways share. A path is that of
 * a document as the library names it.
 */
export interface DocumentTexts {
  /** Undefined: there is no such file. */
  read(file: string): Promise<string | undefined>
  /**
   * Puts `after` in the place of exactly `before`, in one step that is either done or not, whatever happens to the machine;
   * undefined stands for no file. False: it is not `before` (any more), and nothing was changed. Throws `TextsReadOnly`.
   */
  exchange(file: string, before: string | undefined, after: string | undefined): Promise<boolean>
}

/** The documents cannot be written here, for instance because they are mounted from elsewhere. */
export class TextsReadOnly extends Error {
  override readonly name = 'TextsReadOnly'
}

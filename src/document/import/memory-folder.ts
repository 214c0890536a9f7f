import type { Folder } from '../folder.ts'

/** Files that came with a document from elsewhere, by their path from its folder. */
export function memoryFolder(files: ReadonlyMap<string, string>): Folder {
  return {
    read(path) {
      const text = files.get(path)
      return text === undefined
        ? { kind: 'unreadable', reason: 'it did not come with the document', path }
        : { kind: 'file', text, path }
    },
  }
}

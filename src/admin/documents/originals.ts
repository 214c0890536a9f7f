import { basename, dirname, join } from 'node:path'

/** Where the text is kept that a document was imported from: the base of the next merge. Nobody serves it. */
export const originalOf = (file: string): string => join(dirname(file), '.originals', basename(file))

const READING: ReadonlySet<string | undefined> = new Set(['open', 'read', 'fstat', 'stat'])

/**
 * Whether an error says that the system could not read what is there: too many files were open, or the disk did not answer.
 * That may pass without anything being written.
 */
export function isReadTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, syscall } = error as NodeJS.ErrnoException
  return READING.has(syscall) && code !== 'ENOENT' && code !== 'ENOTDIR'
}

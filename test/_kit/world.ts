import type { ExecutionContext } from 'ava'

/** Something that must be closed when the test is over. */
export interface Closable {
  close(): Promise<void> | void
}

/** Starts something for one test and closes it after the test, whatever its outcome. */
export async function forTest<T extends Closable>(t: ExecutionContext, starting: T | Promise<T>): Promise<T> {
  const started = await starting
  t.teardown(() => started.close())
  return started
}

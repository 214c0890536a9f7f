import type { Io } from './command.ts'

/** How many things pass between two lines about them; shorter work says nothing. */
const STEP = 100

/** Tells how far long work is, on standard error: `tell(done)` after each of `total` things. */
export function progressOf(io: Pick<Io, 'stderr'>, what: string, total: number): (done: number) => void {
  return (done) => {
    if (total > STEP && done % STEP === 0) io.stderr(`${what}: ${done} of ${total}\n`)
  }
}

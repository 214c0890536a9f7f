import type { Io } from './command.ts'

/** How many things pass between two lines about them; shorter work says nothing. */
const STEP = 100

/** Tells how far long work is, on standard error: `tell(done)` after each of `total` things, if anyone knows how many. */
export function progressOf(io: Pick<Io, 'stderr'>, what: string, total?: number): (done: number) => void {
  return (done) => {
    if (done % STEP !== 0 || (total !== undefined && total <= STEP)) return
    io.stderr(`${what}: ${done}${total === undefined ? '' : ` of ${total}`}\n`)
  }
}

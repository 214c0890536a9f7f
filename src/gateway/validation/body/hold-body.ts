import type { Clock } from '../../../core/clock.ts'
import { Problem } from '../../../core/problem.ts'
import { BodyCopy } from '../../body-copy.ts'
import type { Call } from '../../call.ts'
import { bodyStopped } from '../../forward-error.ts'
import { bodyTooLarge } from '../../policies/request-size-limit.ts'

/** Milliseconds that may pass between two pieces of a body. */
const LONGEST_PAUSE = 30_000

/**
 * Reads a whole request body, `limit` bytes at most, and leaves it on the call, so that it is forwarded as it came. Rejects
 * with 413 when it is longer, with 408 when it stops coming.
 */
export async function holdBody(call: Call, limit: number, clock: Clock): Promise<Buffer> {
  const most = Math.min(limit, call.bodyLimit)
  if (call.bodyLength > most) throw bodyTooLarge(most)
  if (call.awaitsContinue) call.res.writeContinue()
  const copy = new BodyCopy(most)
  await collect(call, copy, most, clock)
  copy.complete = true
  call.held = copy
  return Buffer.concat(copy.pieces ?? [])
}

function collect({ req, res }: Call, copy: BodyCopy, most: number, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    let bytes = 0
    let movedAt = clock.now()
    const end = (error?: Problem): void => {
      cancel()
      req.off('data', onData).off('end', onEnd).off('error', onGone)
      res.off('close', onGone)
      if (error) {
        req.pause()
        reject(error)
      } else resolve()
    }
    const onData = (piece: Buffer): void => {
      movedAt = clock.now()
      bytes += piece.length
      if (bytes > most) end(bodyTooLarge(most))
      else copy.add(piece)
    }
    const onEnd = (): void => end()
    const onGone = (): void => end(new Problem(400, 'bad_request', 'The request broke off.'))
    const watch = (): (() => void) =>
      clock.after(LONGEST_PAUSE, () => {
        if (clock.now() - movedAt >= LONGEST_PAUSE) end(bodyStopped())
        else cancel = watch()
      })
    let cancel = watch()
    req.on('data', onData).on('end', onEnd).on('error', onGone)
    res.on('close', onGone)
    req.resume()
  })
}

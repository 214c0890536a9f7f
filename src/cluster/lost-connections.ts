import type { Clock } from '../core/clock.ts'

/** A connection as `node:cluster` holds it, between accepting it and a worker saying that it has it. */
interface RawConnection {
  close(): void
  getpeername(address: object): number
}

/** Milliseconds in which a worker that is there takes a connection. */
const HANDED_OVER = 1000

/**
 * To be called when a worker has died. The connection that was being given to it waits for its answer for ever: Node neither
 * gives it to another worker nor closes it, and the client would hang. What is returned ends such connections a second after a
 * new worker serves; by then those that only waited in line have been taken. Closing one that a worker has got meanwhile
 * closes this process's copy alone.
 */
export function endLostConnections(clock: Clock): () => void {
  const present = heldConnections()
  return () => {
    if (present.size === 0) return
    clock.after(HANDED_OVER, () => {
      for (const connection of heldConnections()) if (present.has(connection)) connection.close()
    })
  }
}

/** Connections that nothing of this process has opened for itself: those have a `Socket` about them. */
function heldConnections(): ReadonlySet<RawConnection> {
  const { _getActiveHandles: active } = process as unknown as { readonly _getActiveHandles?: () => readonly object[] }
  return new Set(active?.call(process).filter(isRawConnection))
}

function isRawConnection(handle: object): handle is RawConnection {
  if (handle.constructor.name !== 'TCP') return false
  return (handle as RawConnection).getpeername({}) === 0 // a listening one has no peer
}

import type { UpstreamCredential } from '../upstream/credentials/upstream-credential.ts'
import type { Call, Step } from './call.ts'
import { IDEMPOTENT } from './idempotent.ts'

/** The last step before forwarding: the gateway shows the upstream who it is. */
export function showCredential(credential: UpstreamCredential): Step {
  const show = (call: Call, value: string): undefined => {
    call.shown = value
    call.headers.push(credential.header, value)
    return undefined
  }
  return (call) => {
    const value = credential.peek()
    return value === undefined ? credential.obtain().then((late) => show(call, late)) : show(call, value)
  }
}

/**
 * Whether the upstream refused the gateway itself with this status, and the request may be sent again. Whether it may or
 * not, a credential that was refused is thrown away.
 */
export function wasRefused(call: Call, status: number): boolean {
  const { plan, shown, req } = call
  if (status < 400 || shown === undefined || plan.credential === undefined) return false
  return plan.credential.refused(shown, status) && call.bodyLength === 0 && IDEMPOTENT.has(req.method ?? '')
}

/** Gets another credential and puts it in the place of the one that was refused. Rejects with a `Problem`. */
export async function showAnother(call: Call): Promise<void> {
  const { credential } = call.plan
  if (!credential) return
  const value = await credential.obtain()
  const at = call.headers.lastIndexOf(credential.header)
  if (at >= 0) call.headers[at + 1] = value
  call.shown = value
}

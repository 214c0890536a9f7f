import { Problem } from '../../core/problem.ts'
import type { SigningRing } from '../../oauth/records/signing-key.ts'
import { stateOf } from '../../oauth/signing/ring.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { isoTime } from '../clients/client-view.ts'

const LIST = '/api/signing-keys'

/**
 * The keys that sign JWT access tokens. They rotate by themselves; by hand one is rotated out of turn, or forgotten with
 * everything that it has signed, when somebody may have got hold of it.
 */
export function signingKeyRoutes({ services }: AdminDeps): readonly AdminRoute[] {
  const { signing } = services
  const list = async (): Promise<AdminAnswer> => ({ status: 200, body: viewOf(await signing.ring(), services) })
  const rotate = async (): Promise<AdminAnswer> => ({ status: 200, body: viewOf(await signing.rotate(), services) })
  return [
    { method: 'GET', path: LIST, action: 'signing-key.list', handle: list },
    { method: 'POST', path: `${LIST}/rotate`, action: 'signing-key.rotate', handle: rotate },
    {
      method: 'DELETE',
      path: `${LIST}/:kid`,
      action: 'signing-key.delete',
      handle: (request) => forget(request, services),
    },
  ]
}

async function forget({ params }: AdminRequest, { signing }: AdminDeps['services']): Promise<AdminAnswer> {
  const { kid = '' } = params
  if (!(await signing.remove(kid))) throw new Problem(404, 'key_not_found', 'There is no such signing key.')
  return { status: 204, audit: { key: kid } }
}

function viewOf(ring: SigningRing, { clock }: AdminDeps['services']) {
  const now = clock.now()
  const data = ring.keys.map((key) => ({
    kid: key.kid,
    state: stateOf(key, ring, now),
    created_at: isoTime(key.createdAt),
    active_at: isoTime(key.activeAt),
  }))
  return { data }
}

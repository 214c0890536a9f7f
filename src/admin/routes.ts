import type { AdminDeps } from './admin-deps.ts'
import type { AdminRoute } from './admin-route.ts'
import { apiRoutes } from './resources/apis.ts'
import { applicationRoutes } from './resources/applications.ts'
import { authorizeClientRoutes } from './resources/authorize-client.ts'
import { clientRotationRoutes } from './resources/client-rotation.ts'
import { clientTokenRoutes } from './resources/client-tokens.ts'
import { clientRoutes } from './resources/clients.ts'
import { consumerRoutes } from './resources/consumers.ts'
import { grantRoutes } from './resources/grants.ts'
import { keyRoutes } from './resources/keys.ts'
import { oauth2TokenRoutes } from './resources/oauth2-tokens.ts'
import { policyRoutes } from './resources/policies.ts'
import { probeRoutes } from './resources/probes.ts'
import { signingKeyRoutes } from './resources/signing-keys.ts'
import { userRoutes } from './resources/users.ts'

/**
 * Every resource of the admin API. The first path that fits wins: below `/api/apis/oauth/`, names of calls
 * (`authorize-client`, `revoke`, `revoke_all`) come before the clients that no one can call so.
 */
const RESOURCES: readonly ((deps: AdminDeps) => readonly AdminRoute[])[] = [
  probeRoutes,
  authorizeClientRoutes,
  clientTokenRoutes,
  clientRotationRoutes,
  clientRoutes,
  grantRoutes,
  keyRoutes,
  signingKeyRoutes,
  policyRoutes,
  userRoutes,
  applicationRoutes,
  consumerRoutes,
  oauth2TokenRoutes,
  (deps) => deps.more ?? [],
  apiRoutes,
]

/** All calls, in the order in which they are matched; the last tells of all of them. */
export function adminRoutes(deps: AdminDeps): readonly AdminRoute[] {
  const routes = RESOURCES.flatMap((resource) => resource(deps))
  return [...routes, callsRoute(routes)]
}

function callsRoute(routes: readonly AdminRoute[]): AdminRoute {
  const calls = routes.map(({ method, path, action, keys }) => ({ method, path, action, ...(keys ? { keys } : {}) }))
  return {
    method: 'GET',
    path: '/api',
    action: 'calls.list',
    handle: async () => ({ status: 200, body: { data: calls } }),
  }
}

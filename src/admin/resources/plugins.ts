import type { Plugins } from '../../gateway/plugins/plugins.ts'
import type { AdminRoute } from '../admin-route.ts'
import { isoTime } from '../clients/client-view.ts'
import { pageAnswer } from '../http/page.ts'

/** `GET /api/plugins`: the policies of the plugin folder, which of them are broken, and what they failed. Of this process. */
export function pluginRoutes(plugins: Plugins): readonly AdminRoute[] {
  const handle: AdminRoute['handle'] = async () =>
    pageAnswer(
      plugins.status().map(({ lastFailure, ...status }) => ({
        ...status,
        ...(lastFailure
          ? {
              last_failure: {
                at: isoTime(lastFailure.at),
                message: lastFailure.message,
                ...(lastFailure.requestId === undefined ? {} : { request_id: lastFailure.requestId }),
              },
            }
          : {}),
      })),
      undefined,
    )
  return [{ method: 'GET', path: '/api/plugins', action: 'plugin.list', handle }]
}

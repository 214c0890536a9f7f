import { createServer, type Server } from 'node:http'
import { createAdminApp } from '../admin/create-admin-app.ts'
import { publishedLibrary } from '../admin/published-library.ts'
import { apiDocumentRoutes } from '../admin/resources/api-documents.ts'
import { apiExportRoutes } from '../admin/resources/api-export.ts'
import { apiImportRoutes } from '../admin/resources/api-import.ts'
import { notificationEndpointRoutes } from '../admin/resources/notification-endpoints.ts'
import { notificationRoutes } from '../admin/resources/notifications.ts'
import { pluginRoutes } from '../admin/resources/plugins.ts'
import { sharedDocumentRoutes } from '../admin/resources/shared-documents.ts'
import { usageRoutes } from '../admin/resources/usage.ts'
import type { CompileContext } from '../api/compile-context.ts'
import { isLoopback } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import type { DocumentChanges } from '../gateway/documents/change-document.ts'
import type { SharedDocuments } from '../gateway/documents/shared-documents.ts'
import type { Library } from '../gateway/library.ts'
import type { Plugins } from '../gateway/plugins/plugins.ts'
import type { MetricsPage } from '../metrics/metrics.ts'
import type { Notifications } from '../notify/operate/notifications.ts'
import type { OAuthServices } from '../oauth/services.ts'
import type { UsageRecorder } from '../usage/recorder.ts'

export interface AdminParts {
  readonly settings: Settings
  readonly services: OAuthServices
  readonly library: Library
  readonly changes: DocumentChanges
  readonly shared: SharedDocuments
  readonly context: CompileContext
  readonly notifications: Notifications
  readonly usage: UsageRecorder
  readonly plugins: Plugins
  readonly metrics: () => Promise<MetricsPage>
}

/** The server of the admin address, not yet listening. */
export function adminServer(parts: AdminParts): Server {
  const { settings, services, library, changes, shared, context, notifications, usage, plugins, metrics } = parts
  const { limits, admin, adminSecret } = settings
  const shown = publishedLibrary(library)
  const app = createAdminApp({
    secret: adminSecret,
    library: shown,
    services,
    metrics,
    bodyLimit: limits.adminBodyBytes,
    more: [
      ...apiDocumentRoutes({ library: shown, changes }),
      ...apiImportRoutes({ library: shown, changes, context, outbound: services.outbound }),
      ...apiExportRoutes({ library: shown }),
      ...sharedDocumentRoutes({ shared, library }),
      ...notificationEndpointRoutes(notifications),
      ...notificationRoutes(notifications),
      ...usageRoutes({ ...services, usage }),
      ...pluginRoutes(plugins),
    ],
    ...(isLoopback(admin.host) ? {} : { hosts: [admin.host] }),
  })
  return createServer(
    { maxHeaderSize: limits.headerBytes, headersTimeout: limits.headerTimeout, requestTimeout: limits.requestTimeout },
    app.callback(),
  )
}

import type { Secret } from '../core/secret.ts'
import type { OAuthServices } from '../oauth/services.ts'
import type { AdminRoute } from './admin-route.ts'
import type { Library } from './library.ts'

/** What the admin API works with; made once, by the composition root. */
export interface AdminDeps {
  readonly secret: Secret
  readonly library: Library
  readonly services: OAuthServices
  /** Bytes of a body. */
  readonly bodyLimit: number
  /** Host names besides those of this machine by which a loopback address may be asked, such as that of a proxy. */
  readonly hosts?: readonly string[]
  /** The text for Prometheus; without it there is no `/metrics`. */
  readonly metrics?: () => Promise<{ readonly type: string; readonly text: string }>
  /** Calls of modules that need more than stands here: notifications, documents, consumers. */
  readonly more?: readonly AdminRoute[]
}

import type { z } from 'zod'
import { cache } from './cache.ts'
import { cors } from './cors.ts'
import { headers } from './headers.ts'
import { ipAccess } from './ip-access.ts'
import { mockResponse } from './mock-response.ts'
import type { Policy } from './policy.ts'
import { addressQuota, quota } from './quota.ts'
import { addressRateLimit, rateLimit } from './rate-limit.ts'
import { requestSizeLimit } from './request-size-limit.ts'
import { retries } from './retries.ts'
import { timeout } from './timeout.ts'
import { urlRewrite } from './url-rewrite.ts'
import { validateRequest } from './validate-request.ts'
import { websocket } from './websocket.ts'

/** Stands for the check of credentials in the order of things; its settings are the document's `security`. */
export const AUTHENTICATION = 'authentication'

/** Stands for the policies of the plugin folder, in the order of their names. */
export const PLUGINS = 'plugins'

/**
 * What happens to a request between routing and forwarding, in this order. What stands before authentication holds for
 * everyone, and has a say in how refusals look.
 */
export const ORDER: readonly (Policy | typeof AUTHENTICATION | typeof PLUGINS)[] = [
  ipAccess,
  cors,
  headers,
  websocket,
  addressRateLimit,
  addressQuota,
  AUTHENTICATION,
  rateLimit,
  quota,
  PLUGINS,
  requestSizeLimit,
  validateRequest,
  mockResponse,
  timeout,
  retries,
  urlRewrite,
  cache,
]

export const policies: readonly Policy[] = ORDER.filter((entry) => typeof entry !== 'string')

/** Schemas of the policies' settings by name, for the compiler of documents. */
export const policySettings: ReadonlyMap<string, z.ZodType> = new Map(
  policies.map((policy) => [policy.name, policy.settings]),
)

import type { IncomingMessage } from 'node:http'
import type { Api } from '../api/api.ts'
import type { Settings } from '../config/settings.ts'
import { addressRanges } from '../core/address-ranges.ts'
import { clientAddress, originOf } from '../gateway/client-address.ts'
import type { EndedRequest } from '../gateway/ended-request.ts'
import { createExternalTokens } from '../gateway/external-tokens/external-tokens.ts'
import type { Policy } from '../gateway/policies/policy.ts'
import { createDataPlane, type DataPlane } from '../gateway/server.ts'
import type { Snapshot } from '../gateway/snapshot.ts'
import type { Sampler } from '../gateway/tracing/sampler.ts'
import { WEBHOOK_KEYS_PATH, webhookKeySet } from '../notify/key-set.ts'
import type { LiveEndpoints } from '../notify/live-endpoints.ts'
import { consumerNames } from '../oauth/consumers/consumer-names.ts'
import { jsonAnswer } from '../oauth/http.ts'
import type { OAuthApp } from '../oauth/koa-app.ts'
import type { MetadataIndex } from '../oauth/metadata/metadata-index.ts'
import { registeredUsers } from '../oauth/passwords/users.ts'
import type { OAuthServices } from '../oauth/services.ts'
import { followPrincipals } from '../oauth/tokens/follow-principals.ts'
import { createUpstreamCredentials } from '../upstream/credentials/upstream-credentials.ts'
import type { GatewayDeps } from './deps.ts'
import { sharedLimiter } from './shared-limiter.ts'

export interface DataPlaneParts extends GatewayDeps {
  readonly services: OAuthServices
  readonly oauth: OAuthApp
  readonly snapshot: () => Snapshot
  readonly metadata: () => MetadataIndex
  readonly receivers: () => LiveEndpoints
  readonly ended: (request: EndedRequest) => void
  readonly settings: Settings
  /** Of the plugin folder, by name; changes as files do. */
  readonly policies: ReadonlyMap<string, Policy>
  readonly sampler: Sampler | undefined
}

/** The data plane of the live APIs, with their authorization servers and metadata mounted. */
export function dataPlane(parts: DataPlaneParts): DataPlane {
  const { services, oauth, snapshot, metadata, receivers, ended, settings, policies, sampler, clock, random, log } =
    parts
  const { store, vault, outbound } = services
  const upstreamCredentials = createUpstreamCredentials({ store, vault, outbound, clock, random, log })
  const principals = followPrincipals(store)
  const limiter = sharedLimiter(settings, store, parts)
  const trusts = settings.trustedProxies.length > 0 ? addressRanges(settings.trustedProxies) : undefined
  const plane = createDataPlane({
    upstreamCredentials,
    followPrincipal: principals.follow,
    external: createExternalTokens({ outbound, clock, log }),
    clock,
    random,
    log,
    tokens: services.accessTokens,
    users: registeredUsers(services.store, services.verified),
    consumers: (reference) => services.consumers.find(reference).then((found) => found && consumerNames(found)),
    snapshot,
    ended,
    limiter,
    plugins: policies,
    ...(sampler ? { sampler } : {}),
    ...(trusts ? { trusts } : {}),
    oauth(req, res, api, endpoint, identified) {
      const address = clientAddress(originOf(req), trusts)
      oauth.serve(req, res, { api, path: endpoint.path, identified, address })
    },
    wellKnown(req, res, path, api) {
      const document =
        !api && path === WEBHOOK_KEYS_PATH
          ? jsonAnswer(200, webhookKeySet(receivers().all))
          : metadata().find((api?.listenPath ?? '') + path, (owner) => isAsked(snapshot(), req, owner))
      if (document) oauth.serve(req, res, { document })
      return document !== undefined
    },
  })
  return {
    ...plane,
    async close() {
      upstreamCredentials.close()
      principals.close()
      await plane.close()
      await limiter.close()
    },
  }
}

const isAsked = (apis: Snapshot, req: IncomingMessage, api: Api): boolean =>
  apis.match(req.headers.host, api.listenPath || '/')?.api === api

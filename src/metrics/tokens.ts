import { Counter } from 'prom-client'
import type { TokenObserver } from '../oauth/token-observer.ts'
import type { Metrics } from './metrics.ts'

/** Counts what the authorization servers issue and refuse. Returns what is to be told of each. */
export function tokenMetrics({ registry }: Metrics): TokenObserver {
  const issued = new Counter({
    name: 'gatehouse_tokens_issued_total',
    help: 'Access tokens issued.',
    labelNames: ['api', 'scheme', 'grant_type'],
    registers: [registry],
  })
  const refused = new Counter({
    name: 'gatehouse_oauth_errors_total',
    help: 'Requests to OAuth endpoints that were answered with an error, by its code.',
    labelNames: ['api', 'error'],
    registers: [registry],
  })
  return {
    issued: (api, scheme, grantType) => issued.inc({ api, scheme, grant_type: grantType }),
    refused: (api, error) => refused.inc({ api, error }),
  }
}

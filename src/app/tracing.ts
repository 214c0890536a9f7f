import { tracingFrom } from '../config/tracing.ts'
import type { EndedRequest } from '../gateway/ended-request.ts'
import { createSpanExporter } from '../gateway/tracing/otlp-exporter.ts'
import { createSampler, type Sampler } from '../gateway/tracing/sampler.ts'
import { spansOf } from '../gateway/tracing/spans.ts'
import type { Outbound } from '../outbound/outbound.ts'
import type { GatewayDeps } from './deps.ts'

/** Traces, when the environment asks for them. */
export interface Tracing {
  readonly sampler: Sampler
  ended(request: EndedRequest): void
  close(): Promise<void>
}

export function createTracing(deps: GatewayDeps & { readonly outbound: Outbound }): Tracing | undefined {
  const settings = tracingFrom(deps.environment)
  if (!settings) return undefined
  const exporter = createSpanExporter(settings, deps)
  const sampler = createSampler(settings.sampler)
  return {
    sampler,
    ended(request) {
      const traced = request.call ? request.call.traced : sampler(request.requestId, undefined)
      if (traced) exporter.add(spansOf(request, deps.random))
    },
    close: () => exporter.close(),
  }
}

import type { TracingSettings } from '../../config/tracing.ts'

/** Whether a request is traced; asked once, before it is forwarded. */
export type Sampler = (requestId: string, traceparent: string | undefined) => boolean

/** By the trace id alone, so that every part of a system decides alike. */
export function createSampler({ parentBased, ratio }: TracingSettings['sampler']): Sampler {
  const bound = ratio * 2 ** 32
  return (requestId, traceparent) => {
    if (traceparent !== undefined && parentBased) return (Number.parseInt(traceparent.slice(53), 16) & 1) === 1
    const traceId = traceparent?.slice(3, 35) ?? requestId
    return ratio >= 1 || Number.parseInt(traceId.slice(24), 16) < bound
  }
}

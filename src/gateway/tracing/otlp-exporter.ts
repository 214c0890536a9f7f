import type { TracingSettings } from '../../config/tracing.ts'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Outbound } from '../../outbound/outbound.ts'
import { type Span, text } from './spans.ts'

/** Sends spans to a collector, some at a time. */
export interface SpanExporter {
  /** Spans for which there is no room are dropped, and their number is logged. */
  add(spans: readonly Span[]): void
  /** Sends what waits. */
  close(): Promise<void>
}

const MAX_ANSWER = 4096

/** OTLP over HTTP in its JSON form. */
export function createSpanExporter(
  settings: TracingSettings,
  { outbound, clock, log }: { readonly outbound: Outbound; readonly clock: Clock; readonly log: Log },
): SpanExporter {
  const { url, headers, timeout, batch } = settings
  let waiting: Span[] = []
  let dropped = 0
  let sending: Promise<void> | undefined
  let cancel: (() => void) | undefined

  const send = async (): Promise<void> => {
    cancel?.()
    cancel = undefined
    while (waiting.length > 0) {
      const spans = waiting.slice(0, batch.size)
      waiting = waiting.slice(batch.size)
      const failure = await exported(spans)
      if (failure !== undefined) log.warn({ url, spans: spans.length, error: failure }, 'spans could not be exported')
    }
    if (dropped > 0) log.warn({ spans: dropped }, 'spans were dropped: there were more than could wait')
    dropped = 0
  }
  const exported = async (spans: readonly Span[]): Promise<string | undefined> => {
    const body = JSON.stringify(exportRequest(settings.resource, spans))
    const sent = { 'content-type': 'application/json', ...headers }
    const request = { method: 'POST', url, headers: sent, body, timeout, maxBytes: MAX_ANSWER, retries: 2 } as const
    try {
      const { status } = await outbound.request({ ...request, chosenBy: 'operator' })
      return status >= 200 && status < 300 ? undefined : `the collector answered ${status}`
    } catch (error) {
      return String(error)
    }
  }
  const sendOnce = (): Promise<void> => {
    sending ??= send().finally(() => {
      sending = undefined
    })
    return sending
  }
  return {
    add(spans) {
      if (waiting.length + spans.length > batch.queue) {
        dropped += spans.length
        return
      }
      waiting.push(...spans)
      if (waiting.length >= batch.size) void sendOnce()
      else cancel ??= clock.after(batch.delay, () => void sendOnce())
    },
    async close() {
      await sendOnce()
      await sendOnce()
    },
  }
}

const exportRequest = (resource: TracingSettings['resource'], spans: readonly Span[]) => ({
  resourceSpans: [
    {
      resource: { attributes: Object.entries(resource).map(([key, value]) => text(key, value)) },
      scopeSpans: [{ scope: { name: 'gatehouse' }, spans }],
    },
  ],
})

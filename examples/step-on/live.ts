import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * A feed of live steps as server-sent events: one `step` event every `interval` milliseconds, with an id to resume from
 * (`Last-Event-ID`). Ends after `limit` events, or when the listener goes away.
 */
export function liveSteps(
  request: IncomingMessage,
  response: ServerResponse,
  user: string,
  options: { readonly interval: number; readonly limit: number },
): void {
  const last = Number(request.headers['last-event-id'])
  let id = Number.isSafeInteger(last) && last > 0 ? last : 0
  const end = id + options.limit
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write('retry: 2000\n\n')
  const step = (): void => {
    id += 1
    response.write(`id: ${id}\nevent: step\ndata: ${JSON.stringify({ user, steps: id })}\n\n`)
    if (id < end) return
    clearInterval(timer)
    response.end()
  }
  const timer = setInterval(step, options.interval)
  response.once('close', () => clearInterval(timer))
  step()
}

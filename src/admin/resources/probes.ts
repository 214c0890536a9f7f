import { Problem } from '../../core/problem.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminAnswer, AdminRoute } from '../admin-route.ts'

/** What supervisors and collectors ask, from this machine without a secret. */
export function probeRoutes({ services, library, metrics }: AdminDeps): readonly AdminRoute[] {
  const probe = (path: string, handle: () => Promise<AdminAnswer>): AdminRoute => ({
    method: 'GET',
    path,
    action: `probe${path.replace('/', '.')}`,
    openLocally: true,
    handle,
  })
  return [
    probe('/health', async () => ({ status: 200, body: { status: 'ok' } })),
    probe('/ready', () => readiness(services.store, library)),
    ...(metrics
      ? [
          probe('/metrics', async () => {
            const { type, text } = await metrics()
            return { status: 200, body: text, headers: { 'content-type': type } }
          }),
        ]
      : []),
  ]
}

/**
 * Ready when the store answers and every document has been read. A broken document does not make the gateway unready: the
 * others are served, and its status says what is wrong with it.
 */
async function readiness(store: AdminDeps['services']['store'], library: AdminDeps['library']): Promise<AdminAnswer> {
  const reasons = [...(await storeReasons(store)), ...(library.loaded() ? [] : ['the documents are still being read'])]
  if (reasons.length > 0) {
    throw new Problem(503, 'not_ready', `${reasons.join('; ')}.`, {
      headers: { 'retry-after': '1' },
      members: { reasons },
    })
  }
  const count = (state: string) => library.list().filter((entry) => entry.state === state).length
  return {
    status: 200,
    body: { status: 'ready', apis: { live: count('live'), stale: count('stale'), down: count('down') } },
  }
}

async function storeReasons(store: AdminDeps['services']['store']): Promise<readonly string[]> {
  try {
    await store.ping()
    return []
  } catch {
    return ['the store does not answer'] // whatever the reason: asked every few seconds, it would fill the log
  }
}

import type { ExecutionContext } from 'ava'
import { type AdminApi, adminApi } from './admin-api.ts'

/** An admin API that knows one consumer, `shop`. */
export async function withConsumer(t: ExecutionContext): Promise<AdminApi> {
  const api = await adminApi(t)
  await api.call('POST', '/consumers', { body: { username: 'shop', custom_id: 'S1' } })
  return api
}

/** What an application of it may be registered with. */
export const application = { name: 'Shoe Fly Shoe', redirect_uris: ['https://shoe.example/cb'] }

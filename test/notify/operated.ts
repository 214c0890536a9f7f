import type { ExecutionContext } from 'ava'
import { createNotifications } from '../../src/notify/operate/notifications.ts'
import { notifyWorld } from './world.ts'

/** A world with what operators have. */
export async function operated(
  t: ExecutionContext,
  settings: Record<string, unknown> = {},
  given: Parameters<typeof notifyWorld>[2] = {},
) {
  const world = await notifyWorld(t, settings, given)
  const { store, vault, clock, random, deliverer } = world
  const endpoints = () => world.endpoints
  const notifications = createNotifications({ store, vault, clock, random, deliverer, endpoints })
  return Object.assign(world, { notifications })
}

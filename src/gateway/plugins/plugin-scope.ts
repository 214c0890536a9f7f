import { AsyncLocalStorage } from 'node:async_hooks'

/** Hears of an error that nobody caught. */
export type Stray = (error: unknown) => void

const scopes = new AsyncLocalStorage<Stray>()

/** Runs what a plugin does. What it leaves behind (timers, promises that nobody awaits) stays known as the plugin's. */
export const inPlugin = <T>(stray: Stray, work: () => T): T => scopes.run(stray, work)

/** Tells of an error that nobody caught, from where Node reports it. False: no plugin has left it behind. */
export function tellStray(error: unknown): boolean {
  const stray = scopes.getStore()
  stray?.(error)
  return stray !== undefined
}

import type { z } from 'zod'
import type { Clock, Instant } from '../../core/clock.ts'
import { sha256 } from '../../core/digest.ts'
import type { Log } from '../../core/log.ts'
import { thrownText } from '../../core/thrown-text.ts'
import { isReadTrouble } from '../documents/read-trouble.ts'
import type { Policy } from '../policies/policy.ts'
import { loadPlugin, PluginUnusable } from './load-plugin.ts'
import { pluginPolicy } from './plugin-policy.ts'
import { inPlugin } from './plugin-scope.ts'

export interface PluginStatus {
  readonly name: string
  readonly file: string
  /** `stale`: the file is broken, and what it was before is in use. `broken`: nothing of it is. */
  readonly state: 'live' | 'stale' | 'broken'
  /** Why it cannot be used. */
  readonly error?: string
  /** Requests that it failed, since it was loaded. */
  readonly failures: number
  readonly lastFailure?: { readonly at: Instant; readonly message: string; readonly requestId?: string }
}

export interface PluginOptions {
  readonly folder: string
  /** Schemas of the gateway's own policies, and other names that a plugin cannot have. */
  readonly settings: ReadonlyMap<string, z.ZodType>
  readonly reserved: readonly string[]
  readonly clock: Clock
  readonly log: Log
}

interface Loaded {
  readonly file: string
  readonly stamp: string
  readonly policy?: Policy
  readonly error?: string
  /** It could not be read, which may pass without its being written. */
  readonly unread?: boolean
  failures: number
  lastFailure?: NonNullable<PluginStatus['lastFailure']>
}

/** The plugins that are in use. */
export class PluginShelf {
  readonly policies = new Map<string, Policy>()
  readonly settings: Map<string, z.ZodType>
  readonly #options: PluginOptions
  readonly #loaded = new Map<string, Loaded>()
  #loads = 0

  constructor(options: PluginOptions) {
    this.#options = options
    this.settings = new Map(options.settings)
  }

  names(): readonly string[] {
    return [...this.#loaded.keys()]
  }

  /** Whether this is what was loaded, or tried to be; what could not be read is to be tried again. */
  holds(name: string, file: string, stamp: string): boolean {
    const known = this.#loaded.get(name)
    return known?.file === file && known.stamp === stamp && !known.unread
  }

  /**
   * Loads a file under a name; where that fails, what was there before stays in use. Resolves to whether there is anything
   * new: the same failure as before is not, and is not said again.
   */
  async load(name: string, file: string, stamp: string): Promise<boolean> {
    try {
      const policy = await this.#policyOf(name, file)
      this.#loaded.set(name, { file, stamp, policy, failures: 0 })
      this.policies.set(name, policy)
      this.settings.set(name, policy.settings)
      this.#options.log.info({ plugin: name, file }, 'a plugin is loaded')
      return true
    } catch (error) {
      return this.#refused(name, file, stamp, error)
    }
  }

  /** Remembers why a file cannot be loaded, and says it. False: it was said before. */
  #refused(name: string, file: string, stamp: string, error: unknown): boolean {
    const known = this.#loaded.get(name)
    const before = known?.policy ? { policy: known.policy } : {}
    const message = error instanceof Error ? error.message : String(error)
    if (known?.unread && known.file === file && known.stamp === stamp && known.error === message) return false
    const unread = error instanceof PluginUnusable && isReadTrouble(error.cause)
    this.#loaded.set(name, { file, stamp, ...before, error: message, unread, failures: 0 })
    const said = known?.policy
      ? 'a plugin cannot be loaded; what it was before stays in use'
      : 'a plugin cannot be loaded'
    this.#options.log.error({ plugin: name, file, error: message }, said)
    return true
  }

  unload(name: string): void {
    this.#loaded.delete(name)
    this.policies.delete(name)
    if (!this.#options.settings.has(name)) this.settings.delete(name)
  }

  status(): readonly PluginStatus[] {
    const all = [...this.#loaded].map(([name, entry]) => statusOf(name, entry))
    return all.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Differs whenever a plugin is another one. */
  version(): string {
    // What could not be read comes under the same stamp once it can be.
    const parts = [...this.#loaded].map(([name, { stamp, policy, unread }]) => [name, unread ? '' : stamp, !policy])
    return sha256(JSON.stringify(parts))
  }

  async #policyOf(name: string, file: string): Promise<Policy> {
    const { settings, reserved } = this.#options
    if (settings.has(name) || reserved.includes(name)) {
      throw new PluginUnusable('the gateway has something of this name itself')
    }
    const version = ++this.#loads
    const plugin = await inPlugin(
      (error) => this.#stray(name, error),
      () => loadPlugin(file, version),
    )
    return pluginPolicy(name, plugin, {
      failed: (error, { requestId }) => this.#failed(name, error, requestId),
      stray: (error, { requestId }) => this.#stray(name, error, requestId),
    })
  }

  #failed(name: string, error: unknown, requestId?: string): void {
    const entry = this.#loaded.get(name)
    if (!entry) return
    entry.failures++
    const at = this.#options.clock.now()
    entry.lastFailure = { at, message: thrownText(error), ...(requestId === undefined ? {} : { requestId }) }
  }

  #stray(name: string, error: unknown, requestId?: string): void {
    this.#failed(name, error, requestId)
    const text = error instanceof Error ? error.stack : thrownText(error)
    this.#options.log.error({ plugin: name, request_id: requestId, error: text }, 'a plugin left an error uncaught')
  }
}

function statusOf(name: string, { file, policy, error, failures, lastFailure }: Loaded): PluginStatus {
  return {
    name,
    file,
    state: error === undefined ? 'live' : policy ? 'stale' : 'broken',
    ...(error === undefined ? {} : { error }),
    failures,
    ...(lastFailure ? { lastFailure } : {}),
  }
}

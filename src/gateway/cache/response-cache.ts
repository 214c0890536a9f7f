import type { Instant } from '../../core/clock.ts'
import { lru } from '../../core/lru.ts'
import { sizedLru } from './sized-lru.ts'
import type { Storing } from './storing.ts'

/** An answer that is kept. */
export interface StoredResponse {
  readonly status: number
  /** As they come from the upstream: name, value, name, value. */
  readonly headers: readonly string[]
  readonly body: Buffer
  readonly storing: Storing
  readonly answered: Instant
  /** A newer one is being got. */
  refreshing: boolean
}

/** What distinguishes the answers to one URL. */
export type VariantOf = (vary: readonly string[]) => string

/** Answers by URL, and by what else they depend on; bounded in bytes, so that what was used longest ago gives way. */
export interface ResponseCache {
  /** The first of these variants that there is. */
  find(url: string, ...variants: readonly VariantOf[]): StoredResponse | undefined
  /**
   * Keeps an answer in the place of an older one; not one that is too large, or that was asked for before its URL was
   * last forgotten. `asked`: what `moment` was when it was asked for.
   */
  put(url: string, variantOf: VariantOf, response: StoredResponse, asked: number): void
  /** Goes on with every change. */
  readonly moment: number
  /** RFC 9111 §4.4: forgets every answer to a URL. */
  forget(url: string): void
  readonly counts: { readonly hits: number; readonly misses: number; readonly entries: number; readonly bytes: number }
}

/** Changes that are remembered for answers that are under way. */
const FORGOTTEN = 8192
/** Bytes that keeping an answer costs besides its text, about. */
const OVERHEAD = 512

interface Resource {
  /** The last answer decides what the answers to a URL depend on (RFC 9111 §4.1). */
  vary: readonly string[]
  readonly variants: Set<string>
}

interface Entry {
  readonly url: string
  readonly variant: string
  readonly response: StoredResponse
}

/** `capacity`: bytes of all answers together. */
export function createResponseCache(capacity: number): ResponseCache {
  const resources = new Map<string, Resource>()
  const entries = sizedLru<Entry>(capacity, ({ url, variant }) => {
    const resource = resources.get(url)
    resource?.variants.delete(variant)
    if (resource?.variants.size === 0) resources.delete(url)
  })
  const forgotten = lru<string, number>(FORGOTTEN)
  let moment = 0
  let hits = 0
  let misses = 0
  const drop = (url: string): void => {
    for (const variant of resources.get(url)?.variants ?? []) entries.delete(keyOf(url, variant))
  }
  return {
    find(url, ...variants) {
      const resource = resources.get(url)
      if (resource) {
        for (const variantOf of variants) {
          const entry = entries.get(keyOf(url, variantOf(resource.vary)))
          if (!entry) continue
          hits++
          return entry.response
        }
      }
      misses++
      return undefined
    },
    put(url, variantOf, response, asked) {
      if ((forgotten.get(url) ?? 0) > asked) return
      const { vary } = response.storing
      if (resources.get(url)?.vary.join() !== vary.join()) drop(url)
      const variant = variantOf(vary)
      const key = keyOf(url, variant)
      if (!entries.set(key, { url, variant, response }, sizeOf(key, response))) return
      const resource = resources.get(url) ?? { vary, variants: new Set() }
      resources.set(url, resource)
      resource.variants.add(variant)
    },
    forget(url) {
      forgotten.set(url, ++moment)
      drop(url)
    },
    get moment() {
      return moment
    },
    get counts() {
      return { hits, misses, entries: entries.size, bytes: entries.bytes }
    },
  }
}

/** No URL has a control character in it. */
const keyOf = (url: string, variant: string): string => `${url}\0${variant}`

function sizeOf(key: string, { headers, body }: StoredResponse): number {
  return OVERHEAD + key.length * 2 + body.length + headers.reduce((sum, text) => sum + text.length, 0)
}

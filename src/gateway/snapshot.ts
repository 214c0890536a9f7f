import type { Api } from '../api/api.ts'
import { canonicalLiteral, canonicalPath } from '../api/routes/canonical-path.ts'
import { sha256 } from '../core/digest.ts'
import { hostCandidates, hostKey } from './host-key.ts'

/** The APIs that are live at one moment. Immutable: publishing replaces it, and a request ends on the one it began with. */
export interface Snapshot {
  /** By id; inactive ones too. */
  readonly apis: ReadonlyMap<string, Api>
  /** Equal for equal sets of equal APIs, on every gateway. */
  readonly revision: string
  /**
   * The API that a request belongs to: the most specific host that has a fitting listen path (exact, then `*.` wildcards
   * from the longest on, then APIs without hosts), there the longest listen path on segment boundaries. `rest` is what
   * follows the listen path, as it came; it begins with a slash. An inactive API holds its place and answers nothing:
   * undefined, as where there is no API.
   *
   * `host` is the value of `Host` or `:authority`, in any case, with or without port. `path` is percent-encoded, as
   * `parseRequestTarget` gave it: dot segments in any spelling have been refused there, so that no path leaves its listen
   * path. Empty segments are segments: `//a` is not below `/a`.
   */
  match(host: string | undefined, path: string): { readonly api: Api; readonly rest: string } | undefined
}

/** Listen paths of one host → who listens there. */
type Places = Map<string, Api>

/** Every listen path may stand once for each host; of an inactive and an active API in one place, the active one counts. */
export function createSnapshot(apis: Iterable<Api>): Snapshot {
  const byId = new Map<string, Api>()
  const byHost = new Map<string, Places>()
  let deepest = 0
  for (const api of apis) {
    byId.set(api.id, api)
    const path = canonicalLiteral(api.listenPath)
    deepest = Math.max(deepest, path.split('/').length - 1)
    for (const key of hostKeys(api)) place(byHost, key, path, api)
  }
  return {
    apis: byId,
    revision: revisionOf(byId),
    match(host, path) {
      if (!path.startsWith('/')) return undefined
      const ends = prefixEnds(path, deepest)
      for (const key of byHost.size === 1 && byHost.has(ANY_HOST) ? [ANY_HOST] : [...hostCandidates(host), ANY_HOST]) {
        const places = byHost.get(key)
        const found = places && longest(places, path, ends)
        if (found) return found.api.active ? found : undefined
      }
      return undefined
    },
  }
}

/** Stands for requests to whatever host. */
const ANY_HOST = ''

const hostKeys = (api: Api): string[] => (api.hosts.length === 0 ? [ANY_HOST] : api.hosts.map(hostKey))

/** Where an API listens, as texts that are equal for two APIs exactly when both would listen in one place. */
export function placesOf(api: Api): string[] {
  return hostKeys(api).map((host) => `${host}${canonicalLiteral(api.listenPath)}/`)
}

function place(byHost: Map<string, Places>, key: string, path: string, api: Api): void {
  const places = byHost.get(key) ?? new Map<string, Api>()
  byHost.set(key, places)
  if (api.active || !places.has(path)) places.set(path, api)
}

/** Ends of the prefixes of `path` that consist of whole segments, the empty one first, at most `deepest` segments long. */
function prefixEnds(path: string, deepest: number): number[] {
  const ends = [0]
  let at = 0
  while (ends.length <= deepest && at < path.length) {
    const next = path.indexOf('/', at + 1)
    at = next === -1 ? path.length : next
    ends.push(at)
  }
  return ends
}

function longest(places: Places, path: string, ends: readonly number[]) {
  for (let index = ends.length - 1; index >= 0; index--) {
    const end = ends[index] ?? 0
    const api = places.get(canonicalPath(path.slice(0, end)))
    if (api) return { api, rest: end === path.length ? '/' : path.slice(end) }
  }
  return undefined
}

function revisionOf(apis: ReadonlyMap<string, Api>): string {
  const lines = [...apis.values()].map((api) => `${api.id} ${api.revision}`)
  return sha256(lines.sort().join('\n'))
}

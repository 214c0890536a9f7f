import type { Api } from '../../api/api.ts'
import { metadataDocuments } from '../endpoints/metadata.ts'
import type { OAuthResponse } from '../http.ts'

/** The metadata documents of all live APIs by path from the root of the host. */
export interface MetadataIndex {
  /** The document at `path`; `serves` says whether the host that was asked belongs to an API. */
  find(path: string, serves: (api: Api) => boolean): OAuthResponse | undefined
}

/** Made once for a set of APIs; asking is one look-up. APIs on different hosts may share a path. */
export function metadataIndex(apis: Iterable<Api>): MetadataIndex {
  const places = new Map<string, { readonly api: Api; readonly document: OAuthResponse }[]>()
  for (const api of apis) {
    for (const [path, document] of api.active ? metadataDocuments(api) : []) {
      places.set(path, [...(places.get(path) ?? []), { api, document }])
    }
  }
  return { find: (path, serves) => places.get(path)?.find(({ api }) => serves(api))?.document }
}

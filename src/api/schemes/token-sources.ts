import type { TokenSources } from '../settings/token-source.ts'

/** RFC 6750 §2.1: the header is where a token is looked for unless the document says otherwise. */
export function sourcesOf({ header, query, cookie, subprotocol }: TokenSources): TokenSources {
  return {
    header: header ?? { enabled: true, name: 'Authorization' },
    ...(query ? { query } : {}),
    ...(cookie ? { cookie } : {}),
    ...(subprotocol ? { subprotocol } : {}),
  }
}

import type { AccessTokenRecord } from '../../oauth/records/access-token.ts'
import { APPLICATIONS_INDEX, type ClientRecord, clientKey } from '../../oauth/records/client.ts'
import { liveTokens } from '../../oauth/revocation/live-tokens.ts'
import type { OAuthServices } from '../../oauth/services.ts'
import type { EntityPage } from './entity-page.ts'

export interface ListedToken {
  readonly token: AccessTokenRecord
  readonly client: ClientRecord
}

/**
 * Where a page ended: in the list of applications, and in the tokens of the one that came next, `client`. Another may come
 * next when the page after it is asked for; its tokens are listed from the first on.
 */
interface Cursor {
  readonly clients?: string
  readonly client?: string
  readonly tokens?: string
}

/** So many applications are looked through for one page; a page may hold less than it has room for. */
const APPLICATIONS = 200

/** A page of the live tokens of all applications, one application after the other, newest first in each. */
export async function tokenPage(
  { limit, after }: EntityPage,
  services: Pick<OAuthServices, 'store' | 'clock'>,
): Promise<{ readonly items: readonly ListedToken[]; readonly next?: string }> {
  const items: ListedToken[] = []
  let cursor = readCursor(after)
  for (let looked = 0; looked < APPLICATIONS && items.length < limit; looked++) {
    const place = cursor.clients === undefined ? {} : { after: cursor.clients }
    const { members, next } = await services.store.list(APPLICATIONS_INDEX, { limit: 1, ...place })
    const [member] = members
    if (!member) return { items }
    const [entry] = await services.store.get([clientKey(member.member)])
    const page = entry && (await tokensOf(entry.value, limit - items.length, cursor, services))
    if (entry) items.push(...(page?.items ?? []).map((token) => ({ token, client: entry.value })))
    if (page?.next !== undefined)
      cursor = {
        ...(cursor.clients === undefined ? {} : { clients: cursor.clients }),
        client: member.member,
        tokens: page.next,
      }
    else if (next === undefined) return { items }
    else cursor = { clients: next }
  }
  return { items, next: Buffer.from(JSON.stringify(cursor)).toString('base64url') }
}

function tokensOf(
  client: ClientRecord,
  limit: number,
  { client: begun, tokens }: Cursor,
  services: Pick<OAuthServices, 'store' | 'clock'>,
) {
  const place = begun === client.clientId && tokens !== undefined ? { after: tokens } : {}
  return liveTokens(client, { limit, ...place }, services)
}

/** What makes no sense is the beginning. */
function readCursor(text: string | undefined): Cursor {
  try {
    const { clients, client, tokens } = JSON.parse(Buffer.from(text ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >
    return {
      ...(typeof clients === 'string' ? { clients } : {}),
      ...(typeof client === 'string' ? { client } : {}),
      ...(typeof tokens === 'string' ? { tokens } : {}),
    }
  } catch {
    return {}
  }
}

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** A browser that was here; `user` once it has signed in. */
export interface Session {
  readonly id: string
  readonly user?: string
  /** What forms of this session carry, so that no other site can send them. */
  readonly csrf: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface Sessions {
  /** The session that the request's cookie names, while it lives. */
  of(request: IncomingMessage): Session | undefined
  /** A new session, and what sets its cookie. Signing in always makes a new one, so that none can be planted. */
  begin(user?: string): { readonly session: Session; readonly cookie: string }
  end(session: Session): void
}

const COOKIE = 'step_on_session'
const LIFETIME = 3_600_000
const CAPACITY = 10_000

/** Keeps sessions in memory; the oldest make room when there are too many. */
export function memorySessions(): Sessions {
  const key = randomBytes(32)
  const sessions = new Map<string, Session>()
  return {
    of(request) {
      const session = sessions.get(cookieOf(request) ?? '')
      return session && session.expiresAt > Date.now() ? session : undefined
    },
    begin(user) {
      const id = randomBytes(32).toString('base64url')
      const csrf = createHmac('sha256', key).update(id).digest('base64url')
      const session: Session = { id, csrf, expiresAt: Date.now() + LIFETIME, ...(user && { user }) }
      if (sessions.size >= CAPACITY) sessions.delete([...sessions.keys()][0] ?? '')
      sessions.set(id, session)
      return { session, cookie: `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${LIFETIME / 1000}` }
    },
    end(session) {
      sessions.delete(session.id)
    },
  }
}

/** Whether a form came from a page of this session. */
export function isFormOf(session: Session, csrf: string): boolean {
  const given = Buffer.from(csrf)
  const expected = Buffer.from(session.csrf)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function cookieOf(request: IncomingMessage): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1)
}

import { Problem } from '../../core/problem.ts'

const MAX_LENGTH = 255

/**
 * The subject of a grant that an identity server asks for. Without a user the client stands for itself under a name that
 * no user can have, so that nothing upstream takes it for one (RFC 9700 §4.15). Throws `invalid_user`.
 */
export function subjectOf(user: string | undefined, clientId: string): string {
  if (user === undefined) return CLIENT + clientId
  if (user.length > MAX_LENGTH) throw new Problem(400, 'invalid_user', `user: at most ${MAX_LENGTH} characters.`)
  // It becomes a header value upstream.
  if (user.trim() !== user || /\p{C}/u.test(user)) {
    throw new Problem(400, 'invalid_user', 'user: no control characters, and no blanks at its ends.')
  }
  if (user.startsWith(CLIENT)) throw new Problem(400, 'invalid_user', `user: must not begin with "${CLIENT}".`)
  return user
}

const CLIENT = 'client:'

import type { Mark } from '../../store/store.ts'

/** Topics of the marks by which all processes learn that credentials are no longer good. */
export const MARK = {
  /** id: digest of an access token. */
  token: 'token',
  /** id: grant id. */
  grant: 'grant',
  /** id: client id; the client was changed, removed, or its tokens were ended. */
  client: 'client',
  /** id: policy id; it was changed, made or removed. */
  policy: 'policy',
  /** id: consumer id, and again for each username it had or has; it was made, changed or removed. */
  consumer: 'consumer',
  /** id: `<api>:<subject>`. */
  subject: 'subject',
  /** id: `ring`; the keys that sign access tokens have changed. */
  keys: 'keys',
} as const satisfies Record<string, Mark['topic']>

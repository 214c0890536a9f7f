import type { Store } from '../../store/store.ts'
import { type UserRecord, userKey } from '../records/user.ts'
import type { VerifiedPasswords } from './verified-passwords.ts'

/** Longer names belong to nobody; longer passwords are not hashed. Characters. */
const MAX_USERNAME = 256
const MAX_PASSWORD = 1024

/** Checks a user name and a password. */
export type UserCheck = (username: string, password: string) => Promise<boolean>

/**
 * Against the users registered with the gateway. It takes as long for an unknown user as for a wrong password.
 * Throws `StoreUnavailable` and `PasswordsBusy`.
 */
export function registeredUsers(store: Store, verified: VerifiedPasswords): UserCheck {
  return async (username, password) => (await registeredUser(username, password, { store, verified })) !== undefined
}

/** The user whose name and password these are, as it was before the slow check; else undefined. Throws as that does. */
export async function registeredUser(
  username: string,
  password: string,
  { store, verified }: { readonly store: Store; readonly verified: VerifiedPasswords },
): Promise<UserRecord | undefined> {
  const known = username.length <= MAX_USERNAME && password.length <= MAX_PASSWORD
  const [user] = known ? await store.get([userKey(username)]) : []
  const right = await verified.verify(known ? password : '', user?.value.password)
  return right ? user?.value : undefined
}

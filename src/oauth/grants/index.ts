import { authorizationCode } from './authorization-code.ts'
import { clientCredentials } from './client-credentials.ts'
import type { Grant } from './grant.ts'
import { password } from './password.ts'
import { refreshToken } from './refresh-token.ts'

/** Every grant of the token endpoint by its `grant_type`. A new one is a file and a line here. */
export const GRANTS: ReadonlyMap<string, Grant> = new Map(
  [authorizationCode, clientCredentials, password, refreshToken].map((grant) => [grant.grantType, grant]),
)

import type { OAuthServices } from '../../oauth/services.ts'
import type { Library } from '../library.ts'

/** What applying the file of consumers works with. */
export interface ApplyDeps {
  readonly services: OAuthServices
  readonly library: Library
}

/** Index of what stands in the store because of the file; members are `consumer:<id>` and `client:<client id>`. */
export const DECLARED_INDEX = 'declared'

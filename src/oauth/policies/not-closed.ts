import type { Client } from '../clients/client.ts'
import { OAuthError } from '../errors.ts'

/** Nothing is issued to a client whose policy is missing or inactive. Throws `unauthorized_client`. */
export function notClosed({ rights }: Client): void {
  if (rights?.closedBy === undefined) return
  throw new OAuthError('unauthorized_client', 'The client may not do anything at the moment.', {
    reason: `the policy ${rights.closedBy} is missing or inactive`,
  })
}

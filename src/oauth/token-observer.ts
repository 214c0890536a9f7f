/** Hears of what the authorization servers do; for counting. */
export interface TokenObserver {
  issued(api: string, scheme: string, grantType: string, clientId: string): void
  /** `error`: the code of RFC 6749 §5.2 and its relatives. */
  refused(api: string, error: string): void
}

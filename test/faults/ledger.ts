/** What happened to an access token, as its client knows it. Instants are milliseconds of `performance.now()`. */
export interface Ticket {
  readonly token: string
  /** When somebody set out to revoke it. */
  revoking?: number
  /** When the revocation was acknowledged. */
  revoked?: number
}

/** What gateways have said, and what of it was wrong. */
export interface Ledger {
  readonly tickets: Ticket[]
  readonly wrong: string[]
  /** How often which call was answered how. */
  readonly answers: Map<string, number>
  /** When a call last succeeded or was refused for the time being, by gateway. */
  readonly unavailable: Map<number, number>
  note(call: string, outcome: string): void
}

export function newLedger(): Ledger {
  const answers = new Map<string, number>()
  return {
    tickets: [],
    wrong: [],
    answers,
    unavailable: new Map(),
    note: (call, outcome) => void answers.set(`${call} ${outcome}`, (answers.get(`${call} ${outcome}`) ?? 0) + 1),
  }
}

/** `issue 200 × 512, check 503 × 12`. */
export function answersOf({ answers }: Ledger): string {
  return [...answers]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} × ${count}`)
    .join(', ')
}

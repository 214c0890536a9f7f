import { Problem } from '../../core/problem.ts'

/** A problem that says how to authenticate: RFC 9110 §11.6.1, one `WWW-Authenticate` field a challenge. */
export class Denial extends Problem {
  readonly challenges: readonly string[]

  constructor(status: 400 | 401 | 403, code: string, detail: string, challenges: readonly string[]) {
    super(status, code, detail)
    this.challenges = challenges
  }
}

/** One thing that is wrong with a value. Never repeats the value: it may be a secret. */
export interface Violation {
  /** JSON Pointer into the value. */
  readonly pointer: string
  readonly detail: string
}

/** Violations of one request at most; what comes after them is not looked for. */
const MOST_VIOLATIONS = 100
/** Steps of one request at most, each of them well below a microsecond. */
const MOST_STEPS = 1_000_000
/** Schemas within each other, references followed. */
const DEEPEST = 1_000

/** Thrown when a value asks for more work than a request may cost. */
export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork'
}

/** What is found out about one request, and what it may still cost. Mutable: it lives as long as the request. */
export class Run {
  violations: Violation[] = []
  #steps = MOST_STEPS
  #depth = 0

  fail(pointer: string, detail: string): false {
    if (this.violations.length < MOST_VIOLATIONS) this.violations.push({ pointer, detail })
    return false
  }

  /** Throws `TooMuchWork` when all is spent. */
  spend(steps: number): void {
    this.#steps -= steps
    if (this.#steps < 0) throw new TooMuchWork()
  }

  enter(): void {
    this.#depth++
    if (this.#depth > DEEPEST) throw new TooMuchWork()
    this.spend(1)
  }

  leave(): void {
    this.#depth--
  }

  /** What `check` finds, without counting it yet. */
  aside(check: () => boolean): { readonly holds: boolean; readonly violations: readonly Violation[] } {
    const before = this.violations
    this.violations = []
    const holds = check()
    const { violations } = this
    this.violations = before
    return { holds, violations }
  }

  add(violations: readonly Violation[]): void {
    for (const { pointer, detail } of violations) this.fail(pointer, detail)
  }
}

/** Which members and items of one value some schema has looked at: what `unevaluatedProperties` and its kin ask. */
export class Seen {
  readonly members = new Set<string>()
  readonly items = new Set<number>()

  add(other: Seen): void {
    for (const member of other.members) this.members.add(member)
    for (const item of other.items) this.items.add(item)
  }
}

/** Decides on a value that stands at a pointer; false when something is wrong, which the run then knows. */
export type Check = (value: unknown, at: string, run: Run, seen: Seen | undefined) => boolean

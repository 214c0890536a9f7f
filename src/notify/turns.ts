/** Something that is done again and again, never twice at the same time. */
export interface Turns {
  /** Asks for a turn; while one runs, for one more after it. */
  wake(): void
  /** Resolves when none runs. */
  idle(): Promise<void>
}

/** `turn` must not reject. */
export function openTurns(turn: () => Promise<void>): Turns {
  let again = false
  let running: Promise<void> | undefined
  const run = async (): Promise<void> => {
    while (again) {
      again = false
      await turn()
    }
    running = undefined
  }
  return {
    wake() {
      again = true
      running ??= run()
    },
    async idle() {
      await running
    },
  }
}

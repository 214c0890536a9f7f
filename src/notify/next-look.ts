import type { Clock, Instant } from '../core/clock.ts'

/** One timer that remembers the earliest of the instants it was asked for. */
export interface NextLook {
  at(instant: Instant): void
  cancel(): void
}

export function openNextLook(clock: Clock, look: () => void): NextLook {
  let pending: { readonly at: Instant; readonly cancel: () => void } | undefined
  return {
    at(instant) {
      if (pending && pending.at <= instant) return
      pending?.cancel()
      const cancel = clock.after(Math.max(0, instant - clock.now()), () => {
        pending = undefined
        look()
      })
      pending = { at: instant, cancel }
    },
    cancel() {
      pending?.cancel()
      pending = undefined
    },
  }
}

/** Milliseconds. Long for a busy machine: sentinels alone distrust their own clocks for 30 s. */
export const PATIENCE = 60_000

/**
 * Asks again every few milliseconds until it holds.
 * @throws Error with what `said` tells when it does not hold after a minute.
 */
export async function until(holds: () => boolean | Promise<boolean>, said = (): string => ''): Promise<void> {
  const end = performance.now() + PATIENCE
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`it did not come true within a minute: ${said() || holds}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

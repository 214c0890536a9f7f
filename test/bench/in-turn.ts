import type { Effort } from './forward.ts'
import { type Load, type Measurement, measure, medianOf } from './load.ts'
import type { ServerProcess } from './server-process.ts'

/** Measures servers one after the other, several times, after a short round that does not count; medians by name. */
export async function inTurn(
  contenders: readonly (readonly [ServerProcess, Load])[],
  effort: Effort,
  folder: string,
): Promise<ReadonlyMap<string, Measurement>> {
  const measured = new Map<string, Measurement[]>(contenders.map(([server]) => [server.name, []]))
  for (let round = 0; round <= effort.rounds; round++) {
    for (const [server, load] of contenders) {
      // Round 0 warms up: compilers and connection pools are not what is measured.
      const result = await measure(server, round === 0 ? { ...load, seconds: 2 } : load, folder)
      if (round > 0) measured.get(server.name)?.push(result)
    }
  }
  return new Map([...measured].map(([name, all]) => [name, medianOf(all)]))
}

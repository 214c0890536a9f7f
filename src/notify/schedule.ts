import type { Random } from '../core/random.ts'

/** Milliseconds until the next attempt after `tried` of them; undefined when the schedule is at its end. */
export function nextDelay(schedule: readonly number[], tried: number, random: Random): number | undefined {
  const delay = schedule[tried]
  return delay === undefined ? undefined : jittered(delay, random)
}

/** Varies a delay by up to 20 % either way, so that what failed together does not come back together. */
export function jittered(delay: number, random: Random): number {
  return Math.round(delay * (0.8 + (random(2).readUInt16BE() / 65_535) * 0.4))
}

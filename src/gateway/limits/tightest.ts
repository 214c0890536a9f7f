import type { Meter } from './meter.ts'

/**
 * The meters without those that another one makes needless: of several with the same counter the smallest holds, and each
 * of them would count a request once more. The order stays.
 */
export function tightest(meters: readonly Meter[]): readonly Meter[] {
  const smallest = new Map<string, Meter>()
  for (const meter of meters) {
    const known = smallest.get(counterOf(meter))
    if (!known || meter.most < known.most) smallest.set(counterOf(meter), meter)
  }
  return meters.filter((meter) => smallest.get(counterOf(meter)) === meter)
}

const counterOf = ({ kind, counter }: Meter): string => `${kind} ${counter}`

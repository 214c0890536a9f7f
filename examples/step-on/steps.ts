/** Steps of one day, `YYYY-MM-DD`. */
export interface DayCount {
  readonly date: string
  readonly count: number
}

export interface Walker {
  readonly profile: { readonly name: string; readonly since: string }
  readonly biometrics: { readonly heightCm: number; readonly restingHeartRate: number }
  readonly days: Map<string, number>
}

/** What Step On knows of its members. Every server has its own copy. */
export function sampleWalkers(): Map<string, Walker> {
  return new Map([
    ['clark', walker('Clark Keller', '2019-11-02', 191, 58, [7421, 11980, 9534, 3102, 12755])],
    ['annie', walker('Annie Moreau', '2021-04-18', 168, 62, [14210, 6890, 27650, 18004, 15777])],
    ['bob', walker('Bob Tanaka', '2023-01-30', 176, 71, [940, 1385, 1102, 2210, 815])],
  ])
}

function walker(name: string, since: string, heightCm: number, restingHeartRate: number, counts: number[]): Walker {
  const days = new Map(counts.map((count, index) => [`2026-03-0${index + 1}`, count]))
  return { profile: { name, since }, biometrics: { heightCm, restingHeartRate }, days }
}

/** The days of a member, oldest first, within `from` and `to` (both included) where given. */
export function daysOf(walker: Walker | undefined, from?: string | null, to?: string | null): DayCount[] {
  const days = [...(walker?.days ?? [])].map(([date, count]) => ({ date, count }))
  return days
    .filter(({ date }) => (!from || date >= from) && (!to || date <= to))
    .sort((a, b) => a.date.localeCompare(b.date))
}

export const totalOf = (walker: Walker): number => daysOf(walker).reduce((sum, day) => sum + day.count, 0)

/** A day and a plausible number of steps, or undefined. */
export function parseDay(value: Readonly<Record<string, unknown>> | undefined): DayCount | undefined {
  const date = value?.['date']
  const count = value?.['count']
  if (typeof date !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(Date.parse(date))) return undefined
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > 200_000) return undefined
  return { date, count }
}

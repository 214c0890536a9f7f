import { equalJson } from '../../core/equal-json.ts'

/** Members that come and go in one object or array; what stays may change inside. */
export interface MemberEdit {
  /** Indexes of members as they are written. */
  readonly removed: ReadonlySet<number>
  /** In the order in which they are to stand, before the member with the index `at`; its length for the end. */
  readonly added: readonly { readonly key?: string; readonly value: unknown }[]
  readonly at: number
  /** New names of members, by index. */
  readonly renamed: ReadonlyMap<number, string>
  /** Members that stay: their index, and what they are to be. */
  readonly kept: readonly { readonly index: number; readonly before: unknown; readonly after: unknown }[]
}

/**
 * What makes the object `before` the object `after`. `names` are its members as they are written; one of `before` that is
 * not among them is inherited (YAML merge key) and can be overridden, if `override` says so, but not removed: then the
 * answer is undefined.
 */
export function objectEdit(
  names: readonly string[],
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  override: boolean,
): MemberEdit | undefined {
  const own = new Set(names)
  if (Object.keys(before).some((name) => !own.has(name) && !Object.hasOwn(after, name))) return undefined
  const isInherited = (name: string): boolean => Object.hasOwn(before, name)
  const fresh = Object.keys(after).filter(
    (name) => !own.has(name) && (!isInherited(name) || (override && !equalJson(before[name], after[name]))),
  )
  const renamed = new Map<number, string>()
  const removed = new Set<number>()
  const kept: { index: number; before: unknown; after: unknown }[] = []
  for (const [index, name] of names.entries()) {
    if (Object.hasOwn(after, name)) {
      kept.push({ index, before: before[name], after: after[name] })
      continue
    }
    // A plain value says too little to recognise a member under another name.
    const heir = isFilled(before[name]) ? fresh.findIndex((other) => equalJson(after[other], before[name])) : -1
    const [key] = heir < 0 ? [] : fresh.splice(heir, 1)
    if (key === undefined) removed.add(index)
    else renamed.set(index, key)
  }
  return { removed, added: fresh.map((key) => ({ key, value: after[key] })), at: names.length, renamed, kept }
}

const isFilled = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0

/** What makes one array the other: what begins and ends alike stays, what differs between is paired off. */
export function arrayEdit(before: readonly unknown[], after: readonly unknown[]): MemberEdit {
  let head = 0
  while (head < before.length && head < after.length && equalJson(before[head], after[head])) head++
  let tail = 0
  const most = Math.min(before.length, after.length) - head
  while (tail < most && equalJson(before.at(-1 - tail), after.at(-1 - tail))) tail++
  const [olds, news] = [before.length - head - tail, after.length - head - tail]
  const paired = Math.min(olds, news)
  return {
    removed: new Set(Array.from({ length: olds - paired }, (_, index) => head + paired + index)),
    added: after.slice(head + paired, head + news).map((value) => ({ value })),
    at: head + paired,
    renamed: new Map(),
    kept: Array.from({ length: paired }, (_, index) => ({
      index: head + index,
      before: before[head + index],
      after: after[head + index],
    })),
  }
}

import type { Clock, Instant } from '../../core/clock.ts'
import type { Commit, Entry, Store } from '../../store/store.ts'
import { POLICIES_INDEX, type PolicyRecord, policyKey } from '../records/policy.ts'
import { MARK } from '../tokens/marks.ts'
import type { PolicyContent } from './policy-body.ts'

const PAGE = 500

/**
 * Makes the policies of the file, and no others, those that the store has from a file: puts what differs, removes what is
 * gone, and takes over what was made by the admin API under the same id. Returns the ids of what it changed. Throws
 * `StoreUnavailable`; somebody else who changes the same at the same time wins, and is overtaken at the next sync.
 */
export async function syncPolicies(
  wanted: ReadonlyMap<string, PolicyContent>,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
): Promise<readonly string[]> {
  const known = await knownPolicies(store)
  const changed: string[] = []
  for (const [id, content] of wanted) {
    const before = known.get(id)
    if (before && isSame(before.value, content)) continue
    if (await commit(store, id, before, putting(id, content, before?.value, clock.now()), clock.now())) changed.push(id)
  }
  for (const [id, before] of known) {
    if (before.value.source !== 'file' || wanted.has(id)) continue
    if (await commit(store, id, before, removing(id), clock.now())) changed.push(id)
  }
  return changed
}

async function knownPolicies(store: Store): Promise<ReadonlyMap<string, Entry<PolicyRecord>>> {
  const known = new Map<string, Entry<PolicyRecord>>()
  let after: string | undefined
  do {
    const page = await store.list(POLICIES_INDEX, { limit: PAGE, ...(after === undefined ? {} : { after }) })
    const entries = await store.get(page.members.map(({ member }) => policyKey(member)))
    for (const entry of entries) if (entry) known.set(entry.value.id, entry)
    after = page.next
  } while (after !== undefined)
  return known
}

function isSame(
  { id: _id, source, createdAt: _made, updatedAt: _changed, ...content }: PolicyRecord,
  wanted: PolicyContent,
) {
  return source === 'file' && canonical(content) === canonical(wanted)
}

/** The same text for the same content, in whatever order a store gives its members back. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )

function putting(id: string, content: PolicyContent, before: PolicyRecord | undefined, now: Instant): Commit['writes'] {
  const createdAt = before?.createdAt ?? now
  const value: PolicyRecord = { id, ...content, source: 'file', createdAt, updatedAt: now }
  return [
    { op: 'put', key: policyKey(id), value },
    { op: 'index', index: POLICIES_INDEX, member: id, sort: createdAt },
  ]
}

const removing = (id: string): Commit['writes'] => [
  { op: 'remove', key: policyKey(id) },
  { op: 'unindex', index: POLICIES_INDEX, member: id },
]

async function commit(
  store: Store,
  id: string,
  before: Entry<PolicyRecord> | undefined,
  writes: Commit['writes'],
  now: Instant,
): Promise<boolean> {
  const key = policyKey(id)
  const outcome = await store.commit({
    partition: key.partition,
    guards: [{ key, version: before?.version ?? 0 }],
    ...(writes ? { writes } : {}),
    marks: [{ topic: MARK.policy, id, at: now }],
  })
  return outcome.ok
}

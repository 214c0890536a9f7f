import { equalJson } from '../../core/equal-json.ts'
import { isObject } from '../../document/node.ts'
import type { DeclaredOperation } from '../../document/operations.ts'
import { placeName } from '../operations/operation-keys.ts'
import { type Matches, nameOf } from './operation-match.ts'

/** What became of the policies that stood under one key, or on a path. */
export interface PolicyFate {
  readonly key: string
  /**
   * `copied`: they stay, and hold elsewhere as well, because a path item's operations part ways; `orphaned`: kept without
   * effect; `restored`: an orphan whose operation came back.
   */
  readonly fate: 'kept' | 'moved' | 'copied' | 'orphaned' | 'restored'
  /** Its key from now on, when it is another. */
  readonly to?: string
  /** An operation that it may have become; to be confirmed as a rename. */
  readonly suggestion?: string
}

/** What a new version of a document changes. Operations by their names. */
export interface MergePlan {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  readonly moved: readonly { readonly from: string; readonly to: string }[]
  /** Those that are not simply kept come first. */
  readonly policies: readonly PolicyFate[]
}

export function mergePlan(
  before: readonly DeclaredOperation[],
  matches: Matches,
  fates: readonly PolicyFate[],
): MergePlan {
  const changed: string[] = []
  const removed: string[] = []
  const moved: { from: string; to: string }[] = []
  for (const old of before) {
    const match = matches.found.get(old)
    if (!match) removed.push(nameOf(old))
    else if (placeName(old) !== placeName(match.operation) || nameOf(old) !== nameOf(match.operation)) {
      moved.push({ from: fullName(old), to: fullName(match.operation) })
    } else if (!equalJson(said(old), said(match.operation))) changed.push(nameOf(old))
  }
  const policies = [...fates].sort((a, b) => Number(a.fate === 'kept') - Number(b.fate === 'kept'))
  return { added: matches.fresh.map(nameOf), changed, removed, moved, policies }
}

const fullName = (operation: DeclaredOperation): string =>
  nameOf(operation) === placeName(operation) ? placeName(operation) : `${nameOf(operation)} (${placeName(operation)})`

/** All that the document says of an operation, policies aside. */
function said({ node, pathItems }: DeclaredOperation): unknown {
  const shared = pathItems.map(({ value }) => (isObject(value) ? [value['parameters'], value['servers']] : []))
  const own = isObject(node.value) ? Object.entries(node.value).filter(([key]) => key !== 'x-gateway') : []
  return [Object.fromEntries(own), shared]
}

import { editText } from '../../document/edit/edit-text.ts'
import type { Folder } from '../../document/folder.ts'
import { type ApiDocument, loadDocument } from '../../document/load-document.ts'
import { graftMember } from '../../document/merge/graft.ts'
import { mergeLines } from '../../document/merge/merge-lines.ts'
import { type MergeConflict, mergeValues } from '../../document/merge/three-way.ts'
import { transplantMember } from '../../document/merge/transplant.ts'
import { isObject, type JsonObject } from '../../document/node.ts'
import type { DeclaredOperation } from '../../document/operations.ts'
import { readSource } from '../../document/read-source.ts'
import { withAsked } from '../import/with-asked.ts'
import { type CarriedPolicies, carryPolicies, freeKey, inlinePolicies } from './carry-policies.ts'
import { documentPart, withPolicies } from './document-part.ts'
import { type MergePlan, mergePlan, type PolicyFate } from './merge-plan.ts'
import { type Matches, matchOperations } from './operation-match.ts'
import { placeItems } from './place-items.ts'

export interface MergeInput {
  /** The document as it is served, with its extension. */
  readonly current: ApiDocument
  /** The text that it was imported from; without it, the new document replaces all but the extension. */
  readonly base: string | undefined
  /** The new version. */
  readonly next: string
  /** What the new version refers to. */
  readonly folder: Folder
  /** Confirmed renames: old name → new name of operations. */
  readonly renames: ReadonlyMap<string, string>
  /** What stands where the document was changed here and in the new version. */
  readonly prefer?: 'current' | 'new'
  /** A merge patch for the extension; settings that schemes have already stay. */
  readonly extension?: unknown
}

export interface MergeOutcome {
  readonly plan: MergePlan
  readonly conflicts: readonly MergeConflict[]
  /** Missing when there are conflicts that nobody decided, or the new version cannot be read. */
  readonly text?: string
}

/**
 * Merges a new version of a document into the one that is served: changes of both sides to the OpenAPI part stand, policies
 * follow their operations, and the extension keeps its text. Never throws.
 */
export function mergeDocument(input: MergeInput): MergeOutcome {
  const { current, base, next, folder } = input
  const currentValue = current.root.value as JsonObject
  const ours = documentPart(currentValue)
  const nextValue = objectIn(next)
  const baseValue = base === undefined ? ours : documentPart(objectIn(base))
  const { value, conflicts } = mergeValues(baseValue, ours, documentPart(nextValue), input.prefer ?? 'new')
  const merged = value as JsonObject
  const loaded = loadDocument(current.file, JSON.stringify(merged), folder).document
  const after = loaded?.operations ?? []
  const matches = matchOperations(current.operations, after, input.renames)
  const placed = placeInline(merged, currentValue, current.operations, matches)
  const extension = isObject(currentValue['x-gateway']) ? currentValue['x-gateway'] : {}
  const carried = carryPolicies(extension['middleware'], placed.left, current.operations, after, matches)
  const plan = mergePlan(current.operations, matches, [...carried.fates, ...placed.fates])
  if (!loaded || (conflicts.length > 0 && input.prefer === undefined)) return { plan, conflicts }
  const orphans = withMore(carried.orphans, placed.orphans)
  const kept = withMiddleware(extension, carried.operations, orphans)
  const target = { ...placed.document, 'x-gateway': withAsked(kept, input.extension ?? {}) }
  const { text: before } = current.root.source
  const text = textFor(target, before, base, next)
  if (text === undefined) return { plan, conflicts }
  return { plan, conflicts, text: withOrphansAsWritten(text, target, before, carried.origins) }
}

function objectIn(text: string): JsonObject {
  const value = readSource('text', text).source?.value
  return isObject(value) ? value : {}
}

interface Placed {
  readonly document: JsonObject
  /** Policies of operations that are not there any more. */
  readonly left: ReadonlyMap<DeclaredOperation, unknown>
  /** Policies of path items that have no place any more. */
  readonly orphans: ReadonlyMap<string, unknown>
  readonly fates: readonly PolicyFate[]
}

/** Policies that stand inside the document go where their operations, or paths, went. */
function placeInline(
  merged: JsonObject,
  before: JsonObject,
  operations: readonly DeclaredOperation[],
  matches: Matches,
): Placed {
  let document = merged
  const left = new Map<DeclaredOperation, unknown>()
  for (const [old, policies] of inlinePolicies(operations)) {
    const operation = matches.found.get(old)?.operation
    const changed = operation && withPolicies(document, operation.path, operation.method.toLowerCase(), policies)
    if (changed) document = changed
    else left.set(old, policies)
  }
  return { ...placeItems(document, before, operations, matches), left }
}

/** Orphans of a path may be there already, from an earlier merge. */
function withMore(orphans: JsonObject, more: ReadonlyMap<string, unknown>): JsonObject {
  const all = new Map(Object.entries(orphans))
  for (const [key, policies] of more) all.set(freeKey(key, all), policies)
  return Object.fromEntries(all)
}

function withMiddleware(extension: JsonObject, operations: JsonObject, orphans: JsonObject): JsonObject {
  const {
    operations: _operations,
    orphans: _orphans,
    ...rest
  } = isObject(extension['middleware']) ? extension['middleware'] : {}
  const middleware = {
    ...rest,
    ...(Object.keys(operations).length > 0 ? { operations } : {}),
    ...(Object.keys(orphans).length > 0 ? { orphans } : {}),
  }
  const { middleware: _, ...others } = extension
  return Object.keys(middleware).length > 0 ? { ...others, middleware } : others
}

/** The text that keeps most of what people wrote, edited until it says what it should. */
function textFor(target: JsonObject, current: string, base: string | undefined, next: string): string | undefined {
  const sameFormat = readSource('a', current).source?.format === readSource('b', next).source?.format
  const starts = [
    () => (sameFormat && base !== undefined ? mergeLines(base, current, next) : undefined),
    () => (sameFormat ? transplantMember(current, next, 'x-gateway') : undefined),
    () => current,
    () => next,
  ]
  for (const start of starts) {
    const text = start()
    const edited = text === undefined ? undefined : editText(text, target)
    if (edited?.ok) return edited.value
  }
  return undefined
}

/** Policies that became orphans get their own comments back, where they can be had. */
function withOrphansAsWritten(
  text: string,
  target: unknown,
  current: string,
  origins: CarriedPolicies['origins'],
): string {
  const middleware = ['x-gateway', 'middleware']
  return [...origins].reduce((written, [orphan, origin]) => {
    const grafted = graftMember(current, origin, written, [...middleware, 'orphans', orphan])
    const checked = grafted === undefined ? undefined : editText(grafted, target)
    return checked?.ok && checked.value === grafted ? grafted : written
  }, text)
}

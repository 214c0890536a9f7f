import type { ImportResult } from '../../admin/documents/import-into.ts'
import type { MergePlan, PolicyFate } from '../../api/merge/merge-plan.ts'
import { toPointer } from '../../core/json-pointer.ts'
import { printable } from '../check/printable.ts'

const OUTCOMES: Readonly<Record<ImportResult['kind'], string>> = {
  created: 'imported',
  replaced: 'replaced',
  merged: 'merged',
  unchanged: 'unchanged',
  exists:
    'not imported: there is such an API already (--mode merge brings a new version, --mode replace forgets the old, --id makes another)',
  refused: 'not imported: see the errors',
  conflict: 'not merged: changed here and in the new version (--prefer current or --prefer new decides)',
  overtaken: 'not written: somebody changed the document at the same time',
}

/** What became of one document, for people. */
export function importText(source: string, result: ImportResult, dryRun: boolean): string {
  const { kind, id, file, api, merge } = result
  const dry = dryRun && ['created', 'replaced', 'merged'].includes(kind) ? ' (dry run: nothing was written)' : ''
  const lines = [`${source}: ${OUTCOMES[kind]}${dry}`]
  if (id !== undefined && file !== undefined) lines.push(`  API         ${id}, in ${file}`)
  if (api) {
    lines.push(`  listens at  ${api.listenPath}/`, `  upstream    ${api.upstream.url}`)
    lines.push(`  operations  ${api.routes.operations.filter(({ path }) => path !== '*').length}`)
  }
  for (const { path } of merge?.conflicts ?? []) lines.push(`  conflict    ${toPointer(path)}`)
  return `${[...lines, ...(merge ? planLines(merge.plan) : [])].map(printable).join('\n')}\n`
}

function planLines({ added, changed, removed, moved, policies }: MergePlan): string[] {
  const names = (sign: string, all: readonly string[]): string[] => all.map((name) => `  ${sign} ${name}`)
  const affected = policies.filter(({ fate }) => fate !== 'kept')
  const kept = policies.length - affected.length
  return [
    ...names('+', added),
    ...names('~', changed),
    ...names('-', removed),
    ...moved.map(({ from, to }) => `  > ${from} → ${to}`),
    ...(kept > 0 ? [`  policies of ${kept} operation${kept === 1 ? '' : 's'} stay as they are`] : []),
    ...affected.map(({ key, fate, to, suggestion }) => {
      const where = to === undefined ? '' : ` to ${to}`
      const ask = suggestion === undefined ? '' : ` — did it become ${suggestion}? --rename '${key}=${suggestion}'`
      return `  policies of ${key}: ${FATES[fate]}${where}${ask}`
    }),
  ]
}

const FATES: Readonly<Record<PolicyFate['fate'], string>> = {
  kept: 'kept',
  moved: 'moved',
  copied: 'copied',
  orphaned: 'orphaned (kept without effect)',
  restored: 'restored',
}

/** The same for programs. */
export function importJson(source: string, result: ImportResult, dryRun: boolean): object {
  const { kind, id, file, api, merge, diagnostics } = result
  return {
    source,
    outcome: kind,
    ...(dryRun ? { dry_run: true } : {}),
    ...(id === undefined ? {} : { id }),
    ...(file === undefined ? {} : { file }),
    ...(api ? { listen_path: `${api.listenPath}/`, upstream: api.upstream.url } : {}),
    ...(merge
      ? {
          plan: merge.plan,
          conflicts: merge.conflicts.map(({ path, current, next }) => ({
            pointer: toPointer(path),
            current,
            new: next,
          })),
        }
      : {}),
    diagnostics,
  }
}

import { diagnose } from '../document/diagnose.ts'
import { DOCUMENT_LIMITS } from '../document/limits.ts'
import { childOf, type Node } from '../document/node.ts'
import type { Report } from './compile-context.ts'
import type { RouteConflict } from './routes/route-conflict.ts'

/** Says which templates get in each other's way. `paths` is where their keys stand. Long lists are cut. */
export function reportRouteConflicts(conflicts: readonly RouteConflict[], paths: Node, report: Report): void {
  for (const conflict of conflicts.slice(0, DOCUMENT_LIMITS.sameCode)) reportConflict(conflict, paths, report)
  const more = conflicts.length - DOCUMENT_LIMITS.sameCode
  if (more > 0) report(diagnose('GW5103', paths, 'key', `${more} more conflicts between paths are not listed`))
}

function reportConflict(conflict: RouteConflict, paths: Node, report: Report): void {
  if (conflict.kind === 'ambiguous') {
    const { first, second, methods, example } = conflict
    const message = `${first} and ${second} both match ${example} (${methods.join(', ')}); ${first} answers`
    report(diagnose('GW4202', childOf(paths, second), 'key', message))
    return
  }
  const { kept, other, dropped } = conflict
  const lost = dropped.length === 0 ? 'their methods are merged' : `${dropped.join(', ')} of ${other} is never reached`
  const code = dropped.length === 0 ? 'GW4205' : 'GW4201'
  report(diagnose(code, childOf(paths, other), 'key', `${other} matches the same paths as ${kept}: ${lost}`))
}

import { diagnose } from '../document/diagnose.ts'
import type { Node } from '../document/node.ts'
import { belowPath } from './below-path.ts'
import type { Report } from './compile-context.ts'

/** Paths that the gateway keeps for itself on every host. */
const RESERVED = ['/.well-known']

/**
 * The listen path without trailing slash, `''` for the root; undefined when it cannot be one. `node` is the place of
 * `listenPath.value`, whether or not it is written.
 */
export function listenPathOf(value: string | undefined, slug: string, node: Node, report: Report): string | undefined {
  const found = belowPath(value ?? `/${slug}/`)
  if ('wrong' in found) {
    report(diagnose('GW4101', node, 'value', `${JSON.stringify(value)} cannot be a listen path: ${found.wrong}`))
    return undefined
  }
  const reserved = RESERVED.find((path) => found.path === path || found.path.startsWith(`${path}/`))
  if (reserved === undefined) return found.path
  report(diagnose('GW4101', node, 'value', `${reserved} is kept for the gateway itself`, 'choose another listen path'))
  return undefined
}

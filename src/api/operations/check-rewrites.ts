import { diagnose } from '../../document/diagnose.ts'
import type { DeclaredOperation } from '../../document/operations.ts'
import type { Operation } from '../api.ts'
import type { Report } from '../compile-context.ts'
import {
  borrowedParameters,
  namesInBraces,
  type UrlRewriteSettings,
  unknownParameters,
} from '../settings/url-rewrite.ts'

/** A rewritten URL takes its parameters from the path of its operation, or from its own `match`: they must be there. */
export function checkRewrites(
  operations: readonly Operation[],
  declared: readonly DeclaredOperation[],
  report: Report,
): void {
  const rewritten = operations.filter(({ policies, path }) => policies.has('urlRewrite') && path !== '*')
  if (rewritten.length === 0) return
  const nodes = new Map(declared.map((operation) => [`${operation.method} ${operation.path}`, operation.node]))
  for (const { method, path, policies } of rewritten) {
    const settings = policies.get('urlRewrite') as UrlRewriteSettings
    const own = new Set(namesInBraces(path))
    const missing = borrowedParameters(settings).filter((name) => !own.has(name))
    const node = nodes.get(`${method} ${path}`)
    for (const name of new Set([...missing, ...unknownParameters(settings)])) {
      const message = `the rewritten URL of ${method} ${path} uses a parameter {${name}} that is not there`
      if (node) report(diagnose('GW2107', node, 'key', message, hintFor(name, settings)))
    }
  }
}

function hintFor(name: string, { match }: UrlRewriteSettings): string {
  if (name.endsWith('*')) return `only \`match\` has the star: write {${name.slice(0, -1)}}`
  return match === undefined ? 'use a parameter of the path, or give `match`' : 'name it in `match`'
}

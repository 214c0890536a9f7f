import { diagnose } from '../../document/diagnose.ts'
import type { ApiDocument } from '../../document/load-document.ts'
import { childOf, entriesOf, itemsOf, type Node } from '../../document/node.ts'
import type { Security, SecurityRequirement, SecurityScheme } from '../api.ts'
import type { Report } from '../compile-context.ts'

/** Turns the `security` of the document, or of an operation, into what is enforced. */
export interface SecurityCompiler {
  /** What holds for paths that the document does not declare, and for operations without `security`. */
  readonly root: Security
  of(operation: Node): Security
}

const PUBLIC: Security = []

/**
 * OAS "Security Requirement Object": an operation's list replaces the root's; `[]` is public; `{}` is optional.
 * Fails closed: with authentication on and no root `security`, any one enabled scheme is asked for; a scheme that is not
 * enabled stays in its requirement as one that nothing satisfies. With authentication off, everything is public.
 */
export function securityCompiler(
  document: ApiDocument,
  schemes: Map<string, SecurityScheme>,
  isEnabled: boolean,
  report: Report,
): SecurityCompiler {
  const rootNode = childOf(document.root, 'security')
  if (!isEnabled) {
    reportUnused(document, rootNode, report)
    return { root: PUBLIC, of: () => PUBLIC }
  }
  const compile = (security: Node): Security =>
    itemsOf(security).map((requirement) => compileRequirement(requirement, schemes, report))
  const root = Array.isArray(rootNode.value) ? compile(rootNode) : allEnabled(document, schemes, report)
  if (Array.isArray(rootNode.value) && root.length === 0) reportPublicRoot(rootNode, report)
  return {
    root,
    of(operation) {
      const own = childOf(operation, 'security')
      return Array.isArray(own.value) ? compile(own) : root
    },
  }
}

function compileRequirement(node: Node, schemes: Map<string, SecurityScheme>, report: Report): SecurityRequirement {
  return entriesOf(node).map(([name, scopes]) => ({
    scheme: schemes.get(name) ?? notEnabled(name, scopes, schemes, report),
    scopes: itemsOf(scopes).map((scope) => String(scope.value)),
  }))
}

/** Becomes part of `schemes`, so that it is reported once. */
function notEnabled(name: string, node: Node, schemes: Map<string, SecurityScheme>, report: Report): SecurityScheme {
  const reason = 'it is not enabled under x-gateway.server.authentication.securitySchemes'
  const scheme: SecurityScheme = { kind: 'unsupported', name, reason }
  schemes.set(name, scheme)
  const message = `the scheme ${JSON.stringify(name)} is required, but not enabled: operations that need it answer 501`
  const hint = `enable it under x-gateway.server.authentication.securitySchemes.${name}`
  report(diagnose('GW3103', node, 'key', message, hint))
  return scheme
}

/** Each enabled scheme is one alternative. */
function allEnabled(document: ApiDocument, schemes: ReadonlyMap<string, SecurityScheme>, report: Report): Security {
  if (schemes.size === 0) {
    const at = childOf(document.root, 'x-gateway', 'server', 'authentication')
    const message = 'authentication is enabled, but no scheme is: nobody could ever be let in'
    report(diagnose('GW3101', at, 'key', message, 'enable a scheme under securitySchemes'))
  }
  return [...schemes.values()].map((scheme) => [{ scheme, scopes: [] }])
}

function reportUnused(document: ApiDocument, root: Node, report: Report): void {
  const used = [root, ...document.operations.map((operation) => childOf(operation.node, 'security'))]
  const first = used.find((node) => itemsOf(node).length > 0)
  if (!first) return
  const message = 'security is declared, but authentication is not enabled: everyone may call'
  report(diagnose('GW3104', first, 'key', message, 'set x-gateway.server.authentication.enabled to true'))
}

function reportPublicRoot(node: Node, report: Report): void {
  const message = 'authentication is enabled, but `security: []` makes public whatever has no security of its own'
  report(diagnose('GW3105', node, 'key', message, 'remove it, or name a scheme in it'))
}

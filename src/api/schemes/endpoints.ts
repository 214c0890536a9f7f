import { diagnose } from '../../document/diagnose.ts'
import { childOf, type Node } from '../../document/node.ts'
import type { DeclaredOperation } from '../../document/operations.ts'
import type { ExtraEndpoint, OAuthEndpoint, SecurityScheme } from '../api.ts'
import type { Report } from '../compile-context.ts'
import { canonicalLiteral } from '../routes/canonical-path.ts'
import { routedPart } from '../routes/path-template.ts'

type Role = 'authorize' | 'token' | 'refresh'

/**
 * The OAuth endpoints of an API by path. Flows and schemes may share a URL: requests are told apart by method and
 * `grant_type`. Without `refreshUrl`, refreshing happens at the token URL. Beside each token URL there are `revoke` and
 * `introspect` (and `jwks`, where access tokens are JWTs), unless the document declares something there.
 */
export function mountEndpoints(
  schemes: readonly SecurityScheme[],
  operations: readonly DeclaredOperation[],
  declarations: Node,
  report: Report,
): ReadonlyMap<string, OAuthEndpoint> {
  const declared = operationsByPath(operations)
  const endpoints = new Map<string, OAuthEndpoint>()
  const add = (path: string | undefined, role: Role, name: string): void => {
    if (path === undefined) return
    const endpoint = endpoints.get(path) ?? { path, authorize: [], token: [], refresh: [] }
    if (!endpoint[role].includes(name)) endpoints.set(path, { ...endpoint, [role]: [...endpoint[role], name] })
  }
  for (const scheme of schemes) {
    if (scheme.kind !== 'issuer') continue
    for (const flow of Object.values(scheme.flows)) {
      add(flow.authorizationPath, 'authorize', scheme.name)
      add(flow.tokenPath, 'token', scheme.name)
      add(flow.refreshPath ?? flow.tokenPath, 'refresh', scheme.name)
    }
  }
  for (const path of endpoints.keys()) reportShadowed(path, declared, report)
  for (const [path, extra] of [...siblings(endpoints), ...keySets(schemes)]) {
    const taken = declared.get(path)?.[0]
    if (endpoints.has(path)) continue
    if (taken) reportTaken(path, extra, taken, declarations, report)
    else endpoints.set(path, { path, authorize: [], token: [], refresh: [], extra })
  }
  return endpoints
}

/** `…/token` → `…/jwks`, for schemes whose access tokens others can check. */
function keySets(schemes: readonly SecurityScheme[]): [string, ExtraEndpoint][] {
  return schemes.flatMap((scheme): [string, ExtraEndpoint][] => {
    if (scheme.kind !== 'issuer' || scheme.settings.accessTokenFormat !== 'jwt') return []
    const flows = Object.values(scheme.flows)
    const beside = flows.find((flow) => flow.tokenPath)?.tokenPath ?? flows[0]?.authorizationPath
    return beside === undefined ? [] : [[beside.replace(/[^/]*$/, 'jwks'), 'jwks']]
  })
}

/** `…/token` → `…/revoke`, `…/introspect`. */
function siblings(endpoints: ReadonlyMap<string, OAuthEndpoint>): [string, ExtraEndpoint][] {
  const tokenPaths = [...endpoints.values()].filter((endpoint) => endpoint.token.length > 0)
  return tokenPaths.flatMap(({ path }): [string, ExtraEndpoint][] => [
    [path.replace(/[^/]*$/, 'revoke'), 'revoke'],
    [path.replace(/[^/]*$/, 'introspect'), 'introspect'],
  ])
}

function operationsByPath(operations: readonly DeclaredOperation[]): ReadonlyMap<string, DeclaredOperation[]> {
  const byPath = new Map<string, DeclaredOperation[]>()
  for (const operation of operations) {
    const path = canonicalLiteral(routedPart(operation.path)).replace(/\/$/, '')
    byPath.set(path, [...(byPath.get(path) ?? []), operation])
  }
  return byPath
}

function reportShadowed(path: string, declared: ReadonlyMap<string, DeclaredOperation[]>, report: Report): void {
  for (const operation of declared.get(path) ?? []) {
    const message = `${operation.method} ${operation.path} is answered by the gateway itself: an OAuth URL is mounted there`
    report(diagnose('GW3204', operation.node, 'key', message))
  }
}

function reportTaken(
  path: string,
  extra: ExtraEndpoint,
  operation: DeclaredOperation,
  declarations: Node,
  report: Report,
): void {
  const message = `there is no ${extra} endpoint at ${path}: the document declares ${operation.method} ${operation.path}`
  report(diagnose('GW3205', childOf(declarations), 'key', message))
}

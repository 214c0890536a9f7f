import { byPosition, type Diagnostic, hasErrors } from '../core/diagnostic.ts'
import type { ApiDocument } from '../document/load-document.ts'
import { childOf } from '../document/node.ts'
import type { Api } from './api.ts'
import type { CompileContext, Report } from './compile-context.ts'
import { checkContracts } from './contract/check-contracts.ts'
import { readExtension } from './extension/read-extension.ts'
import { identityOf } from './identity.ts'
import { limitsPathOf } from './limits-path.ts'
import { listenPathOf } from './listen-path.ts'
import { buildOperations } from './operations/build-operations.ts'
import { checkRewrites } from './operations/check-rewrites.ts'
import { policyCompiler } from './operations/effective-policies.ts'
import { securityCompiler } from './operations/security.ts'
import { reportPlainRemote } from './plain-remote.ts'
import { noteRevision } from './revision.ts'
import { reportRouteConflicts } from './route-conflicts.ts'
import { buildRouteTable } from './routes/route-table.ts'
import { buildSchemes } from './schemes/build-schemes.ts'
import { mountEndpoints } from './schemes/endpoints.ts'
import { upstreamUrlOf } from './upstream-url.ts'

export interface CompiledApi {
  /** Missing when there is an error among the diagnostics. */
  readonly api?: Api
  readonly diagnostics: readonly Diagnostic[]
  /** Files that settings refer to (`file:/path`), there or not. */
  readonly files: readonly string[]
}

/**
 * Compiles a document that was read without errors. Pure but for the answers of `context`: the same document and answers
 * give an equal API. Total: whatever the document holds, the outcome is an API or diagnostics that say why there is none.
 */
export function compileApi(document: ApiDocument, given: CompileContext): CompiledApi {
  const diagnostics: Diagnostic[] = []
  const { context, revision, files } = noteRevision(given)
  const api = compile(document, context, (diagnostic) => diagnostics.push(diagnostic))
  const told = withoutConsequences(diagnostics).sort(byPosition)
  if (!api || hasErrors(told)) return { diagnostics: told, files: files() }
  return { api: { ...api, revision: revision(document) }, diagnostics: told, files: files() }
}

/** What follows from a part of the extension that cannot be read, and from nothing else. */
const CONSEQUENCES: ReadonlyMap<string, RegExp> = new Map([
  ['GW3104', /^\/x-gateway(?:\/server|$)/],
  ['GW4102', /^\/x-gateway(?:\/upstream|$)/],
])

/** Where `server` cannot be read, authentication is off for no other reason: that is not worth a second remark. */
function withoutConsequences(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const broken = diagnostics.filter(({ severity, code }) => severity === 'error' && !CONSEQUENCES.has(code))
  return diagnostics.filter(({ code }) => {
    const cause = CONSEQUENCES.get(code)
    return !(cause && broken.some(({ pointer }) => cause.test(pointer)))
  })
}

function compile(document: ApiDocument, context: CompileContext, report: Report): Omit<Api, 'revision'> | undefined {
  const { root } = document
  const { info, server, upstream, middleware } = readExtension(document, context, report)
  const { id, name, slug } = identityOf(document, info)
  const at = childOf(root, 'x-gateway', 'server', 'listenPath', 'value')
  const listenPath = listenPathOf(server.listenPath?.value, slug, at, report)
  const issuer = `${context.publicUrl.replace(/\/+$/, '')}${listenPath ?? ''}`
  const { authentication } = server
  const schemes = buildSchemes(document, issuer, context, report)
  if (!authentication.enabled) schemes.clear()
  const declarations = childOf(root, 'components', 'securitySchemes')
  const endpoints = mountEndpoints([...schemes.values()], document.operations, declarations, report)
  const security = securityCompiler(document, schemes, authentication.enabled, report)
  const { operations, outside } = buildOperations(
    document,
    middleware,
    security,
    policyCompiler(context, report),
    report,
  )
  checkRewrites(operations, document.operations, report)
  checkContracts(operations, report)
  const limitsPath = limitsPathOf(schemes, endpoints, document.operations)
  const { table, conflicts } = buildRouteTable(operations)
  reportRouteConflicts(conflicts, childOf(root, 'paths'), report)
  const tokenUrl = ['authentication', 'oauth', 'clientCredentials', 'tokenUrl']
  reportPlainRemote(
    upstream.authentication?.oauth?.clientCredentials.tokenUrl,
    childOf(root, 'x-gateway', 'upstream', ...tokenUrl),
    report,
  )
  const url = upstreamUrlOf(upstream, root, report)
  if (listenPath === undefined || url === undefined) return undefined
  return {
    id,
    name,
    active: info.state.active,
    file: document.file,
    listenPath,
    stripListenPath: server.listenPath?.strip ?? true,
    hosts: server.hosts.map((host) => host.toLowerCase()),
    issuer,
    authentication: {
      enabled: authentication.enabled,
      strip: authentication.stripAuthorizationData,
      endpointLimits: authentication.endpointLimits,
      requireHttps: authentication.requireHttps,
      ...(authentication.anonymous.enabled ? { anonymous: authentication.anonymous.consumer } : {}),
    },
    securitySchemes: schemes,
    endpoints,
    ...(limitsPath === undefined ? {} : { limitsPath }),
    routes: table,
    outside,
    upstream: { ...upstream, url },
  }
}

import type { Api, Operation, Security } from '../../api/api.ts'
import type { Args, Command, Io } from '../command.ts'
import { compileFile } from '../documents/compile-file.ts'
import { contextFor } from '../documents/context-for.ts'
import { textTable } from '../text-table.ts'

/** The table that requests are matched against. */
export const routes: Command = {
  name: 'routes',
  summary: 'what a request is matched against, in the order of matching',
  declare(line) {
    line.argument('<file...>', 'documents').option('--json', 'for programs')
  },
  async run({ operands, options }: Args, io: Io): Promise<number> {
    const context = await contextFor(operands, io.environment)
    const tables: { readonly api: Api; readonly rows: readonly Route[] }[] = []
    let broken = false
    for (const file of operands) {
      const compiled = await compileFile(file, context, io)
      if (compiled) tables.push({ api: compiled.api, rows: routesOf(compiled.api) })
      else broken = true
    }
    if (options['json'] === true) {
      const apis = tables.map(({ api, rows }) => ({
        api: api.id,
        file: api.file,
        listen_path: `${api.listenPath}/`,
        routes: rows,
      }))
      io.stdout(`${JSON.stringify({ version: 1, apis }, null, 2)}\n`)
    } else io.stdout(tables.map(({ api, rows }) => textOf(api, rows)).join('\n'))
    return broken ? 1 : 0
  },
}

interface Route {
  readonly method: string
  readonly path: string
  readonly operation: string
  /** Who may call: `public`, or the alternatives. */
  readonly access: string
  readonly policies: readonly string[]
  readonly upstream?: string
}

/** The gateway's own endpoints go before what the document declares. */
function routesOf(api: Api): readonly Route[] {
  const endpoints = [...api.endpoints.values()].map(({ path, authorize, token, refresh, extra }) => {
    const does = [
      authorize.length > 0 ? 'authorize' : '',
      token.length > 0 ? 'token' : '',
      refresh.length > 0 ? 'refresh' : '',
      extra ?? '',
    ]
    const operation = `oauth: ${does.filter((part) => part !== '').join(', ')}`
    return { method: '*', path: api.listenPath + path, operation, access: 'clients', policies: [] }
  })
  const undeclared = api.routes.match('UNDECLARED', '/')
  const rest = undeclared.kind === 'operation' ? [undeclared.operation] : []
  return [...endpoints, ...[...api.routes.operations, ...rest].map((operation) => routeOf(api, operation))]
}

function routeOf(api: Api, operation: Operation): Route {
  const { method, path, id, security, policies, blocked, upstreamUrl } = operation
  return {
    method,
    path: path === '*' ? `${api.listenPath}/*` : api.listenPath + path,
    operation: path === '*' ? 'what is not declared' : id,
    access: blocked ? 'blocked' : accessOf(security),
    policies: [...policies.keys()],
    ...(upstreamUrl === undefined ? {} : { upstream: upstreamUrl }),
  }
}

function accessOf(security: Security): string {
  if (security.length === 0) return 'public'
  const alternatives = security.map((requirement) =>
    requirement.length === 0
      ? 'anonymous'
      : requirement
          .map(({ scheme, scopes }) => scheme.name + (scopes.length > 0 ? `(${scopes.join(' ')})` : ''))
          .join(' + '),
  )
  return alternatives.join(' or ')
}

function textOf(api: Api, rows: readonly Route[]): string {
  const hosts = api.hosts.length === 0 ? '' : ` on ${api.hosts.join(', ')}`
  const active = api.active ? '' : ', inactive: every request gets 404'
  const head = `${api.id}${hosts} → ${api.upstream.url}${active}\n`
  const lines = rows.map(({ method, path, operation, access, policies, upstream }) => [
    `  ${method}`,
    path,
    operation,
    access,
    [...policies, ...(upstream === undefined ? [] : [`→ ${upstream}`])].join(', '),
  ])
  return head + textTable(lines)
}

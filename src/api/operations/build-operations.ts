import type { ApiDocument } from '../../document/load-document.ts'
import { childOf, itemsOf, type Node } from '../../document/node.ts'
import type { DeclaredOperation } from '../../document/operations.ts'
import type { Operation, Security } from '../api.ts'
import type { Report } from '../compile-context.ts'
import { contractOf } from '../contract/contract-of.ts'
import type { UpstreamAuthentication } from '../settings/upstream-authentication.ts'
import { ownServerUrl } from '../upstream-url.ts'
import { type Effective, NOTHING, type PolicyCompiler } from './effective-policies.ts'
import { operationIdOf, placeName, settingsByOperation } from './operation-keys.ts'
import type { SecurityCompiler } from './security.ts'

/** What `middleware` switches on and off, as the compiler needs it. */
interface Switches {
  readonly allow?: boolean
  readonly block: boolean
  readonly ignoreAuthentication: boolean
  readonly upstream?: string
  readonly upstreamAuthentication?: UpstreamAuthentication
}

/**
 * The operations of an API, and last the one that stands in for whatever the document does not declare, unless only
 * declared ones are let through. `outside` is what holds for the API as a whole. `middleware` is the place of `x-gateway.middleware`.
 */
export function buildOperations(
  document: ApiDocument,
  middleware: { readonly node: Node; readonly allowList: boolean },
  security: SecurityCompiler,
  policies: PolicyCompiler,
  report: Report,
): { readonly operations: readonly Operation[]; readonly outside: Operation } {
  const global = policies.add(NOTHING, childOf(middleware.node, 'global'), ['allowList'])
  const settings = settingsByOperation(childOf(middleware.node, 'operations'), document.operations, report)
  const ids = new Set<string>()
  const itemUrls = new Map<Node, string | undefined>()
  const built = document.operations.map((declared) => {
    const effective = effectiveOf(declared, global, settings.get(declared), policies)
    const switches = switchesOf(effective)
    const id = uniqueId(declared, ids)
    const upstream = switches.upstream ?? serverOf(declared, itemUrls, report)
    const operation = operationOf(declared, id, security.of(declared.node), effective, switches, upstream)
    const contract = contractOf(document, declared, operation.policies)
    const more = { ...inheritedOf(effective, global), ...(contract ? { contract } : {}) }
    return { switches, operation: { ...operation, ...more } }
  })
  const outside = standIn(security.root, global)
  const someAllowed = built.some(({ switches }) => switches.allow === true)
  if (!someAllowed && !middleware.allowList) {
    // Nothing is left out here: what is left out would come back through the stand-in, without its own security.
    return { operations: [...built.map(({ operation }) => operation), standIn(security.root, global)], outside }
  }
  const listed = built.filter(({ switches }) => (someAllowed ? switches.allow === true : switches.allow !== false))
  return { operations: listed.map(({ operation }) => operation), outside }
}

/** global < path item < `middleware.operations` < the operation itself. */
export function effectiveOf(
  declared: DeclaredOperation,
  global: Effective,
  settings: Node | undefined,
  policies: PolicyCompiler,
): Effective {
  let effective = global
  for (const item of declared.pathItems) effective = policies.add(effective, childOf(item, 'x-gateway'))
  if (settings) effective = policies.add(effective, settings)
  return policies.add(effective, childOf(declared.node, 'x-gateway'))
}

/** An `operationId` that an earlier operation has is nobody's name: this one goes by method and path. */
function uniqueId(declared: DeclaredOperation, ids: Set<string>): string {
  const id = operationIdOf(declared)
  if (id === undefined || ids.has(id)) return placeName(declared)
  ids.add(id)
  return id
}

function operationOf(
  declared: DeclaredOperation,
  id: string,
  security: Security,
  effective: Effective,
  switches: Switches,
  upstreamUrl: string | undefined,
): Operation {
  const tags = itemsOf(childOf(declared.node, 'tags')).map((tag) => tag.value)
  return {
    id,
    method: declared.method,
    path: declared.path,
    tags: tags.filter((tag) => typeof tag === 'string'),
    security: switches.ignoreAuthentication ? [] : security,
    policies: policiesOf(effective),
    ...(switches.block ? { blocked: true } : {}),
    ...(upstreamUrl === undefined ? {} : { upstreamUrl }),
    ...ownAuthentication(switches),
  }
}

/** Settings that no narrower place has touched are the very same. */
function inheritedOf({ settings }: Effective, global: Effective): Pick<Operation, 'inherited'> {
  const names = [...settings].filter(([name, value]) => global.settings.get(name) === value).map(([name]) => name)
  return names.length === 0 ? {} : { inherited: new Set(names) }
}

/** What answers for paths and methods that the document does not declare. */
function standIn(security: Security, global: Effective): Operation {
  const switches = switchesOf(global)
  return {
    id: '*',
    method: '*',
    path: '*',
    tags: [],
    security: switches.ignoreAuthentication ? [] : security,
    policies: policiesOf(global),
    ...inheritedOf(global, global),
    ...(switches.block ? { blocked: true } : {}),
    ...(switches.upstream === undefined ? {} : { upstreamUrl: switches.upstream }),
    ...ownAuthentication(switches),
  }
}

const SWITCHES = new Set(['allow', 'block', 'ignoreAuthentication', 'upstream'])

function policiesOf({ settings }: Effective): ReadonlyMap<string, unknown> {
  return new Map([...settings].filter(([name]) => !SWITCHES.has(name)))
}

function switchesOf({ settings }: Effective): Switches {
  const enabled = (name: string): boolean | undefined =>
    (settings.get(name) as { readonly enabled: boolean } | undefined)?.enabled
  const allow = enabled('allow')
  const { url: upstream, authentication } = (settings.get('upstream') ?? {}) as UpstreamSwitch
  return {
    ...(allow === undefined ? {} : { allow }),
    block: enabled('block') ?? false,
    ignoreAuthentication: enabled('ignoreAuthentication') ?? false,
    ...(upstream === undefined ? {} : { upstream }),
    ...(authentication === undefined ? {} : { upstreamAuthentication: authentication }),
  }
}

interface UpstreamSwitch {
  readonly url?: string
  readonly authentication?: UpstreamAuthentication
}

const ownAuthentication = ({ upstreamAuthentication }: Switches) =>
  upstreamAuthentication === undefined ? {} : { upstreamAuthentication }

/** OAS "Operation Object", "Path Item Object": `servers` override those of what contains them. */
function serverOf(
  declared: DeclaredOperation,
  known: Map<Node, string | undefined>,
  report: Report,
): string | undefined {
  const own = ownServerUrl(declared.node, report)
  if (own !== undefined) return own
  for (const item of declared.pathItems.toReversed()) {
    if (!known.has(item)) known.set(item, ownServerUrl(item, report))
    const url = known.get(item)
    if (url !== undefined) return url
  }
  return undefined
}

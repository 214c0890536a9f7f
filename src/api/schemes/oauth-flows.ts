import { diagnose } from '../../document/diagnose.ts'
import { childOf, isObject, type Node } from '../../document/node.ts'
import type { IssuerScheme, OAuthFlow } from '../api.ts'
import type { Report } from '../compile-context.ts'
import { type FlowUrl, readFlowUrl } from './flow-url.ts'

export const FLOW_NAMES = ['authorizationCode', 'clientCredentials', 'password', 'implicit'] as const
export type FlowName = (typeof FLOW_NAMES)[number]

const URL_KEYS = ['authorizationUrl', 'tokenUrl', 'refreshUrl'] as const
type UrlKey = (typeof URL_KEYS)[number]

const PATH_KEYS = { authorizationUrl: 'authorizationPath', tokenUrl: 'tokenPath', refreshUrl: 'refreshPath' } as const

/** OAS "OAuth Flow Object": URLs without which the flow cannot run. */
const NEEDED: Readonly<Record<FlowName, readonly UrlKey[]>> = {
  authorizationCode: ['authorizationUrl', 'tokenUrl'],
  clientCredentials: ['tokenUrl'],
  password: ['tokenUrl'],
  implicit: ['authorizationUrl'],
}

/** One declared flow with its URLs read, but not judged. */
export interface DeclaredFlow {
  readonly name: FlowName
  readonly node: Node
  readonly urls: ReadonlyMap<UrlKey, FlowUrl>
}

/** The flows that an `oauth2` scheme declares. */
export function declaredFlows(scheme: Node, issuer: string): DeclaredFlow[] {
  return FLOW_NAMES.flatMap((name) => {
    const node = childOf(scheme, 'flows', name)
    if (!isObject(node.value)) return []
    const urls = new Map<UrlKey, FlowUrl>()
    for (const key of URL_KEYS) {
      const text = childOf(node, key).value
      if (typeof text === 'string') urls.set(key, readFlowUrl(text, issuer))
    }
    return [{ name, node, urls }]
  })
}

/** Whether the gateway may be the issuer: some URL of some flow is its own, or was meant to be. */
export function hasOwnUrl(flows: readonly DeclaredFlow[]): boolean {
  return flows.some((flow) => [...flow.urls.values()].some((url) => url.kind !== 'foreign'))
}

/** The flows that the gateway mounts; what is wrong with the others is reported. */
export function mountFlows(flows: readonly DeclaredFlow[], report: Report): IssuerScheme['flows'] {
  const mounted: Partial<Record<FlowName, OAuthFlow>> = {}
  for (const flow of flows) {
    const paths = mountFlow(flow, report)
    if (paths) mounted[flow.name] = paths
  }
  return mounted
}

function mountFlow(flow: DeclaredFlow, report: Report): OAuthFlow | undefined {
  const paths: Partial<Record<keyof OAuthFlow, string>> = {}
  let complete = true
  for (const key of URL_KEYS) {
    const url = flow.urls.get(key)
    const isNeeded = NEEDED[flow.name].includes(key)
    if (url?.kind === 'own') paths[PATH_KEYS[key]] = url.path
    else if (url || isNeeded) {
      reportUrl(flow, key, url, report)
      complete = false
    }
  }
  return complete ? paths : undefined
}

function reportUrl(flow: DeclaredFlow, key: UrlKey, url: FlowUrl | undefined, report: Report): void {
  const node = childOf(flow.node, key)
  const name = `${flow.name}.${key}`
  if (url === undefined) {
    report(diagnose('GW3203', flow.node, 'key', `the flow ${flow.name} needs ${key}`, 'such as `/oauth/token`'))
  } else if (url.kind === 'root') {
    const hint = 'give it a path of its own, such as `/oauth/token`'
    report(diagnose('GW3201', node, 'value', `${name} lands on the listen path itself`, hint))
  } else if (url.kind === 'malformed') {
    report(diagnose('GW3202', node, 'value', `${name} cannot be mounted: ${url.why}`, 'write a plain path'))
  } else {
    const message = `${name} leads to another server: the gateway does not offer this flow`
    report(diagnose('GW3207', node, 'value', message, 'make all URLs of the flow relative, or none'))
  }
}

/** Union of the scopes of all flows: name → description. */
export function declaredScopes(flows: readonly DeclaredFlow[]): ReadonlyMap<string, string> {
  const scopes = new Map<string, string>()
  for (const flow of flows) {
    const declared = childOf(flow.node, 'scopes').value
    if (!isObject(declared)) continue
    for (const [name, description] of Object.entries(declared)) {
      if (!scopes.has(name)) scopes.set(name, typeof description === 'string' ? description : '')
    }
  }
  return scopes
}

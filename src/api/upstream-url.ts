import { diagnose } from '../document/diagnose.ts'
import { childOf, entriesOf, itemsOf, type Node } from '../document/node.ts'
import type { Report } from './compile-context.ts'
import type { UpstreamSettings } from './settings/upstream.ts'

/** The first absolute URL among the `servers` of a node, with variables replaced by their defaults (OAS "Server Object"). */
export function serverUrlOf(holder: Node): string | undefined {
  return itemsOf(childOf(holder, 'servers'))
    .map(filledIn)
    .find((url) => url !== undefined && isAbsolute(url))
}

/** What an operation or path item says of its own servers; what cannot be forwarded to is a warning. */
export function ownServerUrl(holder: Node, report: Report): string | undefined {
  const servers = itemsOf(childOf(holder, 'servers'))
  if (servers.length === 0) return undefined
  const url = serverUrlOf(holder)
  if (url === undefined) {
    const message = 'none of these servers has an absolute http or https URL; requests go where the API goes'
    report(diagnose('GW4103', childOf(holder, 'servers'), 'key', message))
  }
  return url
}

/** Where the API goes: what the extension says, else the document's own server. */
export function upstreamUrlOf(
  { url, loadBalancing }: Pick<UpstreamSettings, 'url' | 'loadBalancing'>,
  root: Node,
  report: Report,
): string | undefined {
  const first = url ?? loadBalancing?.targets[0]?.url
  if (first !== undefined) return first
  const server = serverUrlOf(root)
  if (server !== undefined) {
    const servers = childOf(root, 'servers')
    report(
      diagnose('GW4104', servers, 'key', `requests are forwarded to ${server}`, 'x-gateway.upstream.url overrides it'),
    )
    return server
  }
  const message = 'there is nowhere to forward to: neither x-gateway.upstream.url nor an absolute server URL'
  const at = [['x-gateway', 'upstream'], ['x-gateway'], ['servers'], []].map((path) => childOf(root, ...path))
  const place = at.find((node) => node.value !== undefined) ?? root
  report(diagnose('GW4102', place, 'key', message, 'set x-gateway.upstream.url, such as http://127.0.0.1:3000'))
  return undefined
}

function filledIn(server: Node): string | undefined {
  const url = childOf(server, 'url').value
  if (typeof url !== 'string') return undefined
  const variables = new Map(entriesOf(childOf(server, 'variables')))
  return url.replace(/\{([^{}]+)\}/g, (whole, name: string) => {
    const variable = variables.get(name)
    const initial = variable && childOf(variable, 'default').value
    return initial === undefined ? whole : String(initial)
  })
}

function isAbsolute(url: string): boolean {
  if (!/^(?:https?|wss?):\/\//i.test(url) || /[{}\s]/.test(url)) return false
  return URL.canParse(url)
}

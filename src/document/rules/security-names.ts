import type { Diagnostic } from '../../core/diagnostic.ts'
import { nearest } from '../../core/nearest.ts'
import { diagnose } from '../diagnose.ts'
import type { ApiDocument } from '../load-document.ts'
import { childOf, entriesOf, isObject, itemsOf, type Node } from '../node.ts'

/** Scopes by scheme; undefined for schemes whose scopes the document does not list. */
type Schemes = ReadonlyMap<string, ReadonlySet<string> | undefined>

/** OAS "Security Requirement Object": names are those of declared schemes, scopes those of their flows. */
export function securityNames(document: ApiDocument): Diagnostic[] {
  const schemes: Schemes = new Map(
    entriesOf(childOf(document.root, 'components', 'securitySchemes')).map(([name, node]) => [
      name,
      scopesOf(document.follow(node)),
    ]),
  )
  const holders = [document.root, ...document.operations.map((operation) => operation.node)]
  return holders.flatMap((holder) => checkSecurity(childOf(holder, 'security'), schemes))
}

function checkSecurity(security: Node, schemes: Schemes): Diagnostic[] {
  if (security.value === undefined) return []
  if (!Array.isArray(security.value)) {
    return [diagnose('GW3003', security, 'value', '"security" must be a list of requirements', 'such as `- oauth: []`')]
  }
  return itemsOf(security).flatMap((requirement) => {
    if (isObject(requirement.value)) {
      return entriesOf(requirement).flatMap(([name, scopes]) => checkScheme(name, scopes, schemes))
    }
    return [diagnose('GW3003', requirement, 'value', 'a security requirement must be an object of scheme names')]
  })
}

function checkScheme(name: string, scopes: Node, schemes: Schemes): Diagnostic[] {
  if (!schemes.has(name)) {
    const near = nearest(name, schemes.keys())
    const hint = near ? `did you mean ${JSON.stringify(near)}?` : 'declare it under components.securitySchemes'
    return [diagnose('GW3001', scopes, 'key', `the security scheme ${JSON.stringify(name)} is not declared`, hint)]
  }
  if (!Array.isArray(scopes.value) || scopes.value.some((scope) => typeof scope !== 'string')) {
    return [diagnose('GW3003', scopes, 'value', `the scopes of ${JSON.stringify(name)} must be a list of texts`)]
  }
  const known = schemes.get(name)
  if (!known) return []
  return itemsOf(scopes).flatMap((scope) => {
    const text = String(scope.value)
    if (known.has(text)) return []
    const near = nearest(text, known)
    const hint = near ? `did you mean ${JSON.stringify(near)}?` : 'nobody can be granted it: declare it in the flows'
    return [diagnose('GW3002', scope, 'value', `no flow of ${JSON.stringify(name)} declares the scope "${text}"`, hint)]
  })
}

function scopesOf(scheme: Node | undefined): ReadonlySet<string> | undefined {
  if (!scheme || childOf(scheme, 'type').value !== 'oauth2') return undefined
  const flows = entriesOf(childOf(scheme, 'flows'))
  return new Set(flows.flatMap(([, flow]) => entriesOf(childOf(flow, 'scopes')).map(([scope]) => scope)))
}

import type { ApiDocument } from '../../document/load-document.ts'
import type { DeclaredOperation } from '../../document/operations.ts'
import type { Contract } from './contract.ts'
import { childOf, itemsOf, type Node } from './place.ts'

/** Policies that ask what the document says of requests and answers. */
const READERS = ['validateRequest', 'mockResponse']

/** The contract of an operation, where one of its policies needs it: whoever keeps one keeps the document. */
export function contractOf(
  document: ApiDocument,
  declared: DeclaredOperation,
  policies: ReadonlyMap<string, unknown>,
): Contract | undefined {
  const isRead = READERS.some((name) => (policies.get(name) as { readonly enabled?: boolean } | undefined)?.enabled)
  if (!isRead) return undefined
  const body = document.follow(childOf(declared.node, 'requestBody'))
  return {
    version: document.version,
    parameters: parametersOf(document, declared),
    body: body?.value === undefined ? undefined : body,
    responses: childOf(declared.node, 'responses'),
    follow: document.follow,
    target: document.target,
  }
}

/** OAS "Path Item Object": an operation's parameter overrides that of its path item; name and place tell them apart. */
function parametersOf(document: ApiDocument, { pathItems, node }: DeclaredOperation): Node[] {
  const found = new Map<string, Node>()
  for (const holder of [...pathItems, node]) {
    for (const item of itemsOf(childOf(holder, 'parameters'))) {
      const parameter = document.follow(item)
      if (!parameter) continue
      found.set(`${childOf(parameter, 'in').value} ${childOf(parameter, 'name').value}`, parameter)
    }
  }
  return [...found.values()]
}

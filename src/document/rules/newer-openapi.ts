import type { Diagnostic } from '../../core/diagnostic.ts'
import { diagnose } from '../diagnose.ts'
import type { ApiDocument } from '../load-document.ts'
import { childOf, entriesOf, type Node } from '../node.ts'

/** Keys that OpenAPI 3.2 added to objects of 3.1. */
export const NEW_IN_32: ReadonlySet<string> = new Set([
  ...['$self', 'query', 'additionalOperations', 'mediaTypes', 'itemSchema', 'itemEncoding', 'prefixEncoding'],
  ...['parent', 'kind', 'name', 'dataValue', 'serializedValue', 'deviceAuthorization', 'deviceAuthorizationUrl'],
  ...['oauth2MetadataUrl', 'deprecated', 'defaultMapping', 'nodeType', 'summary'],
])

/** OpenAPI 3.2: what of it is not served, so that nobody takes it for protected or routed as declared. */
export function newerOpenApi(document: ApiDocument): Diagnostic[] {
  if (document.version !== '3.2') return []
  const found: Diagnostic[] = []
  const tell = (node: Node, message: string): void => {
    if (node.value !== undefined) found.push(diagnose('GW6101', node, 'key', message))
  }
  const methods =
    'operations of this kind are not routed; requests are treated like those that the document does not declare'
  for (const [, item] of entriesOf(childOf(document.root, 'paths'))) {
    tell(childOf(item, 'query'), methods)
    tell(childOf(item, 'additionalOperations'), methods)
  }
  for (const [, scheme] of entriesOf(childOf(document.root, 'components', 'securitySchemes'))) {
    tell(childOf(scheme, 'flows', 'deviceAuthorization'), 'the device flow is not offered')
  }
  tell(childOf(document.root, '$self'), 'references are resolved against the place of the file, not against "$self"')
  return found
}

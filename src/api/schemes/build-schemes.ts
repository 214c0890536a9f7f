import { nearest } from '../../core/nearest.ts'
import { diagnose } from '../../document/diagnose.ts'
import type { ApiDocument } from '../../document/load-document.ts'
import { childOf, entriesOf, type Node } from '../../document/node.ts'
import type { SecurityScheme } from '../api.ts'
import type { CompileContext, Report } from '../compile-context.ts'
import { buildScheme } from './build-scheme.ts'

/** The place of `x-gateway.server.authentication.securitySchemes`. */
export function schemeSettingsOf(document: ApiDocument): Node {
  return childOf(document.root, 'x-gateway', 'server', 'authentication', 'securitySchemes')
}

/** The enabled schemes by name. Settings for a scheme that the document does not declare are an error. */
export function buildSchemes(
  document: ApiDocument,
  issuer: string,
  context: CompileContext,
  report: Report,
): Map<string, SecurityScheme> {
  const declared = new Map(entriesOf(childOf(document.root, 'components', 'securitySchemes')))
  const schemes = new Map<string, SecurityScheme>()
  for (const [name, settings] of entriesOf(schemeSettingsOf(document))) {
    const written = declared.get(name)
    const declaration = written && document.follow(written)
    if (!declaration) {
      const near = nearest(name, declared.keys())
      const hint = near ? `did you mean ${JSON.stringify(near)}?` : 'declare it under components.securitySchemes'
      report(diagnose('GW2106', settings, 'key', `the document declares no scheme ${JSON.stringify(name)}`, hint))
      continue
    }
    let isBroken = false
    const scheme = buildScheme({ name, declaration, settings, issuer }, context, (diagnostic) => {
      isBroken ||= diagnostic.severity === 'error'
      report(diagnostic)
    })
    if (scheme) schemes.set(name, scheme)
    // It keeps its place, so that nobody is told to enable what is only misspelt.
    else if (isBroken) schemes.set(name, { kind: 'unsupported', name, reason: 'its settings are wrong' })
  }
  return schemes
}

import type { Diagnostic } from '../../core/diagnostic.ts'
import { diagnose } from '../../document/diagnose.ts'
import type { ApiDocument } from '../../document/load-document.ts'
import { childOf, itemsOf, type JsonObject } from '../../document/node.ts'
import type { CompileContext } from '../compile-context.ts'
import { identityOf } from '../identity.ts'
import { infoSettings } from '../settings/info.ts'
import { serverUrlOf } from '../upstream-url.ts'
import type { ImportOptions } from './import-options.ts'
import { schemeBlocks } from './scheme-blocks.ts'

export interface ExtensionBlock {
  readonly block: JsonObject
  /** What is missing, and what cannot be done. */
  readonly diagnostics: readonly Diagnostic[]
}

/** The `x-gateway` of a plain document. Only what the document does not say, or what was asked for, is written. */
export function extensionBlock(document: ApiDocument, options: ImportOptions, context: CompileContext): ExtensionBlock {
  const { slug } = identityOf(document, infoSettings.parse({}))
  const listenPath = options.listenPath ?? `/${slug}/`
  const issuer = `${context.publicUrl}${listenPath.replace(/\/+$/, '')}`
  const schemes =
    options.authentication === true
      ? schemeBlocks(document, { issuer, ...(options.login === undefined ? {} : { login: options.login }) })
      : { settings: {}, missing: [] }
  const upstream = options.upstream ?? serverOf(document, options.url)
  const policies = policiesOf(document, options, context)
  const block = {
    ...(options.id === undefined ? {} : { info: { id: options.id } }),
    server: {
      listenPath: { value: listenPath },
      ...(options.authentication === true
        ? { authentication: { enabled: true, securitySchemes: schemes.settings } }
        : {}),
    },
    ...(upstream === undefined ? {} : { upstream: { url: upstream } }),
    ...(Object.keys(policies.global).length > 0 ? { middleware: { global: policies.global } } : {}),
  }
  return { block, diagnostics: [...schemes.missing, ...policies.impossible] }
}

/** The first server, whose URL may be relative to where the document was found. */
function serverOf(document: ApiDocument, base: string | undefined): string | undefined {
  const absolute = serverUrlOf(document.root)
  if (absolute !== undefined || base === undefined) return absolute
  const [first] = itemsOf(childOf(document.root, 'servers'))
  const url = first ? childOf(first, 'url').value : '/'
  return typeof url === 'string' && URL.canParse(url, base) && !url.includes('{')
    ? new URL(url, base).href.replace(/\/$/, '')
    : undefined
}

/** Policies that hold for the whole API. One that this gateway does not have cannot be asked for. */
function policiesOf(document: ApiDocument, options: ImportOptions, { policies }: CompileContext) {
  const impossible: Diagnostic[] = []
  const wanted = (['validateRequest', 'mockResponse'] as const).filter((name) => options[name] === true)
  const known = wanted.filter((name) => policies.has(name))
  for (const name of wanted) {
    if (known.includes(name)) continue
    impossible.push(diagnose('GW6202', document.root, 'key', `this gateway has no policy ${name}`))
  }
  const global: JsonObject = {
    ...(options.allowList === true ? { allowList: true } : {}),
    ...Object.fromEntries(known.map((name) => [name, { enabled: true }])),
  }
  return { global, impossible }
}

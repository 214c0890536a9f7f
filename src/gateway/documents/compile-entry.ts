import type { Api } from '../../api/api.ts'
import { hasErrors } from '../../core/diagnostic.ts'
import type { Log } from '../../core/log.ts'
import type { CompileDocument, CompiledDocument, DocumentEntry, Spot } from './document.ts'
import type { Content } from './file-memory.ts'
import { wholeFile } from './read-text.ts'

export interface CompileEnvironment {
  readonly compile: CompileDocument
  /** One name for every way to write a path. */
  readonly nameOf: (path: string) => string
  readonly log: Log
}

/**
 * Compiles a text into what the library remembers of it. When it cannot be served, what was served before stays. A result
 * of the same revision as before is dropped for the `Api` that is there: equal revisions serve alike.
 */
export async function compileEntry(
  { compile, nameOf, log }: CompileEnvironment,
  file: string,
  content: Exclude<Content, { readonly kind: 'gone' }>,
  since: number,
  before: DocumentEntry | undefined,
): Promise<DocumentEntry> {
  const result =
    content.kind === 'text'
      ? await compiledText(compile, log, file, content.text)
      : { diagnostics: [content.diagnostic], dependsOn: before ? [...before.dependsOn] : [] }
  const neverRead = content.kind !== 'text' && (!before || before.neverRead)
  const compiled = hasErrors(result.diagnostics) ? undefined : reused(result.api, before)
  return {
    file,
    since,
    ...(compiled ? { compiled } : {}),
    ...(before?.serving ? { serving: before.serving } : {}),
    diagnostics: result.diagnostics,
    ...(neverRead ? { neverRead } : {}),
    dependsOn: new Set(result.dependsOn.map(nameOf)),
    spots: spotsOf(result),
  }
}

async function compiledText(compile: CompileDocument, log: Log, file: string, text: string): Promise<CompiledDocument> {
  try {
    return await compile(file, text)
  } catch (error) {
    log.error({ file, err: error }, 'a document could not be compiled because of a defect of the gateway')
    const message = 'the document could not be compiled because of a defect of the gateway; its log says more'
    return { diagnostics: [wholeFile('GW1901', 'error', file, message)], dependsOn: [] }
  }
}

function reused(api: Api | undefined, before: DocumentEntry | undefined): Api | undefined {
  const known = [before?.serving, before?.compiled].find(
    (one) => one && one.revision === api?.revision && one.id === api.id,
  )
  return known ?? api
}

function spotsOf({ locate }: CompiledDocument): { readonly listenPath?: Spot; readonly id?: Spot } {
  if (!locate) return {}
  const spot = (path: readonly string[]): Spot => locate(path, 'value')
  return { listenPath: spot(['x-gateway', 'server', 'listenPath', 'value']), id: spot(['x-gateway', 'info', 'id']) }
}

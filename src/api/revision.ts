import { createHash } from 'node:crypto'
import type { ApiDocument } from '../document/load-document.ts'
import type { CompileContext } from './compile-context.ts'

/** Notes what a document was compiled from; two with equal revisions serve alike. */
export interface RevisionNotes {
  /** The same context, whose answers are noted. */
  readonly context: CompileContext
  /** Files that references of the settings (`file:/path`) were looked up in, there or not. */
  files(): readonly string[]
  /** 16 characters of a SHA-256 over everything that was looked at. Values of references do not show in it. */
  revision(document: ApiDocument): string
}

export function noteRevision(context: CompileContext): RevisionNotes {
  const answers = new Map<string, string>()
  const noted =
    (kind: string, ask: (name: string) => string | undefined) =>
    (name: string): string | undefined => {
      const answer = ask(name)
      answers.set(`${kind}:${name}`, answer === undefined ? 'missing' : `=${answer}`)
      return answer
    }
  return {
    context: {
      ...context,
      environment: noted('env', context.environment),
      readFile: noted('file', context.readFile),
    },
    files: () => [...answers.keys()].filter((key) => key.startsWith('file:')).map((key) => key.slice('file:'.length)),
    revision(document) {
      const hash = createHash('sha256').update(
        JSON.stringify([context.publicUrl, [...context.policies.keys()], context.policyVersion?.()]),
      )
      for (const source of document.sources) hash.update(`\0${source.text.length}\0`).update(source.text)
      return hash
        .update(JSON.stringify([...answers]))
        .digest('base64url')
        .slice(0, 16)
    },
  }
}

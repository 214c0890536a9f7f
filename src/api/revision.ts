import { createHash } from 'node:crypto'
import type { ApiDocument } from '../document/load-document.ts'
import type { CompileContext } from './compile-context.ts'

/** Notes what a document was compiled from; two with equal revisions serve alike. */
export interface RevisionNotes {
  /** The same context, whose answers are noted. */
  readonly context: CompileContext
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
    revision(document) {
      const hash = createHash('sha256').update(JSON.stringify([context.publicUrl, [...context.policies.keys()]]))
      for (const source of document.sources) hash.update(`\0${source.text.length}\0`).update(source.text)
      return hash
        .update(JSON.stringify([...answers]))
        .digest('base64url')
        .slice(0, 16)
    },
  }
}

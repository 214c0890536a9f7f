import type { Diagnostic } from '../../core/diagnostic.ts'
import { UsageError } from '../command.ts'
import { AUDIT_RULES } from './rules.ts'

/** One line of an ignore file: a rule, and where it does not count. */
interface Ignored {
  readonly rule: string
  /** A file as reports name it; none: everywhere. */
  readonly file?: string
  /** A JSON pointer in it; what lies below counts as well. */
  readonly pointer?: string
}

/**
 * Reads an ignore file: one `RULE [FILE[#POINTER]]` a line, with `# reason` behind it. Throws `UsageError` for a rule that does
 * not exist, so that nothing is ignored by mistake.
 */
export function readIgnoreList(text: string, name: string): readonly Ignored[] {
  const known = new Set(AUDIT_RULES.map(({ id }) => id))
  return text.split(/\r?\n/).flatMap((line, index) => {
    const [rule = '', place = ''] = line
      .replace(/(?:^|\s)#\s.*$|^#.*$/, '')
      .trim()
      .split(/\s+/)
    if (rule === '') return []
    if (!known.has(rule)) throw new UsageError(`${name}:${index + 1}: there is no rule ${rule}`)
    const [, file = '', pointer = ''] = /^([^#]*)(?:#(.*))?$/.exec(place) ?? []
    return [{ rule, ...(file === '' ? {} : { file }), ...(pointer === '' ? {} : { pointer }) }]
  })
}

/** Whether somebody decided to live with a finding. */
export function isIgnored({ code, file, pointer }: Diagnostic, ignored: readonly Ignored[]): boolean {
  return ignored.some(
    (line) =>
      line.rule === code &&
      (line.file === undefined || line.file === file) &&
      (line.pointer === undefined || pointer === line.pointer || pointer.startsWith(`${line.pointer}/`)),
  )
}

import type { Api } from '../../api/api.ts'
import type { Diagnostic } from '../../core/diagnostic.ts'
import type { Refusal } from './arrange.ts'
import type { DocumentEntry, Spot } from './document.ts'

/** Says of a document why it is not served, naming the file and line of the one that was there first. */
export function placeConflict(entry: DocumentEntry, refusal: Refusal, holder: DocumentEntry | undefined): Diagnostic {
  const { by, over } = refusal
  const part = over === 'id' ? 'id' : 'listenPath'
  const line = holder?.spots[part]?.line
  const there = line === undefined ? by.file : `${by.file}:${line}`
  const spot: Spot = entry.spots[part] ?? { line: 1, column: 1 }
  return {
    code: 'GW4301',
    severity: 'error',
    message:
      over === 'id'
        ? `the id "${by.api.id}" is taken by ${there}`
        : `${placeName(by.api)} is taken by ${there}, the API "${by.api.id}"`,
    hint: over === 'id' ? 'give one of the two another `info.id`' : 'give one of the two another listen path or host',
    file: entry.file,
    line: spot.line,
    column: spot.column,
    ...(spot.endLine === spot.line && spot.endColumn ? { endLine: spot.endLine, endColumn: spot.endColumn } : {}),
    pointer: over === 'id' ? '/x-gateway/info/id' : '/x-gateway/server/listenPath/value',
  }
}

const placeName = (api: Api): string =>
  `the listen path ${api.listenPath || '/'}${api.hosts.length === 0 ? '' : ` of ${api.hosts.join(', ')}`}`

import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Diagnostic, Severity } from '../../core/diagnostic.ts'
import { DIAGNOSTIC_CODES } from '../../document/codes.ts'
import { productVersion } from '../product-version.ts'
import type { Examined } from './examine.ts'

/** For code scanning services: SARIF 2.1.0. A hint is a note that says how to mend what the message names. */
export function sarifReport({ diagnostics }: Examined, rules: Rules = CODES): string {
  const codes = [...new Set(diagnostics.map((diagnostic) => diagnostic.code))].sort()
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'Gatehouse', version: productVersion(), rules: codes.map((code) => ruleOf(code, rules)) },
        },
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map((diagnostic) => resultOf(diagnostic, codes.indexOf(diagnostic.code))),
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

const LEVEL: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note', hint: 'note' }

/** What each code, or rule, stands for; those that are unknown are diagnostics. */
type Rules = ReadonlyMap<string, { readonly severity: Severity; readonly meaning: string }>

const CODES: Rules = new Map(Object.entries(DIAGNOSTIC_CODES))

function ruleOf(code: string, rules: Rules): object {
  const known = rules.get(code) ?? CODES.get(code)
  if (!known) return { id: code }
  return { id: code, shortDescription: { text: known.meaning }, defaultConfiguration: { level: LEVEL[known.severity] } }
}

function resultOf(diagnostic: Diagnostic, ruleIndex: number): object {
  const { code, severity, message, hint, file, line, column, endLine, endColumn, pointer } = diagnostic
  return {
    ruleId: code,
    ruleIndex,
    level: LEVEL[severity],
    message: { text: hint === undefined ? message : `${message}\n${hint}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: artifactOf(file),
          region: { startLine: line, startColumn: column, endLine, endColumn },
        },
        logicalLocations: [{ fullyQualifiedName: pointer, kind: 'member' }],
      },
    ],
  }
}

/** Relative files are those of the checked-out project. */
function artifactOf(file: string): object {
  if (isAbsolute(file)) return { uri: pathToFileURL(file).href }
  return { uri: file.split(/[\\/]/).map(encodeURIComponent).join('/'), uriBaseId: '%SRCROOT%' }
}

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { byPosition, type Diagnostic, hasErrors } from '../core/diagnostic.ts'
import { checkReferences } from './check-references.ts'
import { diagnose, diagnoseAt } from './diagnose.ts'
import { decodeUtf8, type Folder, noFolder, openFolder } from './folder.ts'
import { isObject, type Node, rootOf } from './node.ts'
import { type DeclaredOperation, declaredOperations } from './operations.ts'
import { readSource } from './read-source.ts'
import { openReferences } from './references.ts'
import type { Source } from './source.ts'
import { validateDocument } from './validate-document.ts'

/** Of 3.2, what 3.1 has as well is served; the rest is told. */
export type OpenApiVersion = '3.0' | '3.1' | '3.2'

/** An OpenAPI document that was read and checked, with the files it refers to. Nothing in it is dereferenced. */
export interface ApiDocument {
  readonly file: string
  readonly version: OpenApiVersion
  readonly root: Node
  readonly operations: readonly DeclaredOperation[]
  /** The document and every file that was read for it. */
  readonly sources: readonly Source[]
  /** What a `$ref` at the node leads to, the node itself if it has none; undefined if it leads nowhere. */
  follow(node: Node): Node | undefined
  /** The same, one `$ref` only; undefined if the node has none. */
  target(node: Node): Node | undefined
}

export interface LoadedDocument {
  /** Missing when the text is no OpenAPI document of a supported version, or cannot be read. */
  readonly document?: ApiDocument
  /** By position. With an error among them, the document must not be served. */
  readonly diagnostics: readonly Diagnostic[]
  /** Paths of the files that the document refers to, there or not: when one changes, load again. */
  readonly files: readonly string[]
}

/** Reads and checks one text. Never throws. `file` is its name in diagnostics; without a folder, it must stand alone. */
export function loadDocument(file: string, text: string, folder: Folder = noFolder): LoadedDocument {
  const read = readSource(file, text)
  if (!read.source || hasErrors(read.diagnostics)) return { diagnostics: sorted(read.diagnostics), files: [] }
  const version = versionOf(read.source)
  if (typeof version !== 'string') return { diagnostics: sorted([...read.diagnostics, version]), files: [] }
  const references = openReferences(read.source, folder)
  const root = rootOf(read.source)
  const follow = (node: Node): Node | undefined => {
    const resolved = references.follow(node)
    return 'node' in resolved ? resolved.node : undefined
  }
  const broken = checkReferences(references)
  const operations = declaredOperations(root, follow)
  const { sources, target } = references
  const document: ApiDocument = { file, version, root, operations, sources, follow, target }
  const diagnostics = [...read.diagnostics, ...references.diagnostics, ...broken, ...validateDocument(document)]
  return { document, diagnostics: sorted(diagnostics), files: references.files }
}

/** Reads and checks a file; what it refers to must lie in its folder. Never throws. */
export function loadDocumentFile(path: string): LoadedDocument {
  try {
    const text = decodeUtf8(readFileSync(path))
    return loadDocument(path, text, openFolder(dirname(resolve(path))))
  } catch (error) {
    const reason = error instanceof TypeError ? 'it is not UTF-8' : `it cannot be read (${codeOf(error)})`
    const start = { line: 1, column: 1, endLine: 1, endColumn: 1 }
    return { diagnostics: [diagnoseAt('GW1101', path, start, reason)], files: [] }
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error ? ('code' in error ? String(error.code) : error.message) : String(error)

const sorted = (diagnostics: readonly Diagnostic[]): Diagnostic[] => [...diagnostics].sort(byPosition)

function versionOf(source: Source): OpenApiVersion | Diagnostic {
  const root = rootOf(source)
  if (!isObject(root.value)) return diagnose('GW5001', root, 'value', 'this is not an OpenAPI document: not an object')
  const written = root.value['openapi']
  if (written === undefined && root.value['swagger'] === undefined) {
    return diagnose('GW5001', root, 'key', 'this is not an OpenAPI document: it has no "openapi"')
  }
  const match = /^(3\.[012])\.\d+(?:-.+)?$/.exec(String(written))
  if (match) return match[1] as OpenApiVersion
  const at = { source, path: [written === undefined ? 'swagger' : 'openapi'] }
  const hint =
    written === undefined ? '`gatehouse import` converts Swagger 2.0' : 'OpenAPI 3.0.x, 3.1.x and 3.2.x are served'
  return diagnose('GW5002', at, 'value', `OpenAPI ${String(written ?? root.value['swagger'])} is not supported`, hint)
}
